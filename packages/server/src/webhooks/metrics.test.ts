import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPERATOR_PREFIX } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { type Receiver, startReceiver } from './testing/receiver.ts';

let folder: string;
let server: InProcess;
let receiver: Receiver;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metrics-'));
  receiver = await startReceiver();
  server = await startInProcess({ OPENKUPE_INTERNAL_WEBHOOKS: 'on', OPENKUPE_OPERATOR_SOCKET: join(folder, 'o.sock') });
  await server.plane.start();
});
afterEach(async () => {
  await server.stop();
  await receiver.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The metrics about webhooks, by name and label. */
async function metrics(): Promise<Record<string, number>> {
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ socketPath: join(folder, 'o.sock'), path: `${OPERATOR_PREFIX}/metrics` }, async (response) => {
      let whole = '';
      for await (const chunk of response.setEncoding('utf8')) whole += chunk;
      resolve(whole);
    });
    sent.once('error', reject).end();
  });
  return Object.fromEntries([...text.matchAll(/^openkupe_webhook_(\S+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

/** Lets time pass until the metrics are like this. */
const untilMetrics = (expected: object) =>
  vi.waitFor(
    async () => {
      await server.clock.advance(200);
      expect(await metrics()).toMatchObject(expected);
    },
    { timeout: 20_000, interval: 5 },
  );

it('count attempts by outcome, webhooks that are behind, and the age of the oldest event', async () => {
  const path = '/api/v1/tenants/demo';
  await server.send({ method: 'POST', path: `${path}/webhooks`, body: { name: 'hook', url: receiver.url, events: ['api-key.*'] } });
  await untilMetrics({ pending: 0, oldest_seconds: 0 });
  receiver.answer = () => ({ status: receiver.received.length < 3 ? 500 : 204 });
  await server.send({ method: 'POST', path: `${path}/apikeys`, body: { displayName: 'one', role: 'readonly' } });
  await untilMetrics({ 'attempts_total{outcome="failed"}': 2, pending: 1, oldest_seconds: expect.toSatisfy((age: number) => age > 0) });
  await untilMetrics({ 'attempts_total{outcome="delivered"}': 1, 'attempts_total{outcome="failed"}': 2, pending: 0, oldest_seconds: 0 });
});
