import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished } from 'vitest';
import { createClient } from '../client.ts';
import { hasPostgres, NEEDS_POSTGRES } from '../postgres-server.ts';
import { startReplicas } from '../replicas.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { type StartedServer, startServer } from '../start-server.ts';
import { QUICK } from './kill/quick-settings.ts';

const ROUNDS = Number(process.env.OPENKUPE_KILL_ROUNDS ?? 3);
const EVENTS_PER_ROUND = 20;
const ROUND_MS = 120_000;
const VARIABLES = { ...QUICK, OPENKUPE_INTERNAL_WEBHOOKS: 'on' };

interface Delivered {
  readonly id: string;
  readonly revision: number;
  readonly name: string;
}

let receiver: Server;
let delivered: Delivered[];
/** Called when a message was received, before it is answered; the answer is not sent when it returns false. */
let beforeAnswer: (message: Delivered) => boolean;
beforeEach(async () => {
  delivered = [];
  beforeAnswer = () => true;
  receiver = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { data } = JSON.parse(text) as { data: { revision: number; name: string } };
    const message = { id: String(request.headers['webhook-id']), revision: data.revision, name: data.name };
    delivered.push(message);
    if (beforeAnswer(message)) response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  receiver.closeAllConnections();
  receiver.close();
});

/** What was delivered, each once, in the order in which it came first. It has to be the order of the events. */
function inOrder(): readonly Delivered[] {
  const firsts = delivered.filter(({ id }, at) => delivered.findIndex((other) => other.id === id) === at);
  const revisions = firsts.map(({ revision }) => revision);
  expect(revisions).toEqual([...revisions].sort((one, other) => one - other));
  return firsts;
}

const urlOf = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
const clientOf = ({ host, tenant }: StartedServer, apiKey: string) => createClient({ host, tenant, apiKey });

/** Waits until all of them were delivered, and so many messages in all. */
async function untilDelivered(names: readonly string[], count: number): Promise<void> {
  for (let waits = 0; waits < 600; waits += 1) {
    const seen = new Set(delivered.map(({ name }) => name));
    if (delivered.length >= count && names.every((name) => seen.has(name))) return;
    await sleep(50);
  }
  throw new Error(`Of ${names.length} events only ${new Set(delivered.map(({ name }) => name)).size} were delivered`);
}

testOfOwnServer(
  'kill -9 between a delivery and its acknowledgement: the message comes again, in order, and none is lost',
  async () => {
    let server = await startServer({ variables: VARIABLES });
    const first = server;
    const { apiKey } = server;
    const body = { name: 'hook', url: urlOf(), events: ['api-key.created'] };
    const made = await clientOf(server, apiKey).call('POST', './webhooks', { body });
    expect(made.status).toBe(201);
    const names: string[] = [];
    try {
      for (let round = 1; round <= ROUNDS; round += 1) {
        const fatal = delivered.length + 1 + ((round * 7) % EVENTS_PER_ROUND);
        let unanswered: Delivered | undefined;
        const killed = new Promise<void>((resolve) => {
          beforeAnswer = (message) => {
            if (delivered.length === fatal) {
              unanswered = message;
              void server.kill().then(() => resolve());
            }
            return delivered.length < fatal;
          };
        });
        for (let count = 0; count < EVENTS_PER_ROUND; count += 1) {
          const answer = await clientOf(server, apiKey)
            .call<{ id: string }>('POST', './apikeys', { body: { displayName: 'x', role: 'readonly' } })
            .catch(() => undefined);
          if (answer?.status === 201) names.push(answer.body.id);
        }
        await killed;
        const before = delivered.length;
        beforeAnswer = () => true;
        server = await startServer({ variables: VARIABLES, dataFolder: first.dataFolder });
        await untilDelivered(names, before + 1);
        expect(delivered[before]?.id).toBe(unanswered?.id);
      }
      const firsts = inOrder();
      // NOTE: once more for each kill, for what was under way then; and one whose answer came while the process was killed.
      expect(delivered.length - firsts.length).toBeLessThanOrEqual(2 * ROUNDS);
    } finally {
      await server.stop();
      await first.stop();
    }
  },
  ROUNDS * ROUND_MS,
);

describe.skipIf(!hasPostgres)(`two processes on one database ${NEEDS_POSTGRES}`, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const)
    testOfOwnServer(
      `${signal} of the one that delivers: the other one goes on, in order, and none is lost`,
      async () => {
        const replicas = await startReplicas(VARIABLES);
        onTestFinished(() => replicas.stop());
        const { first } = replicas;
        const second = createClient(await replicas.add());
        const body = { name: 'hook', url: urlOf(), events: ['api-key.created'] };
        expect((await second.call('POST', './webhooks', { body })).status).toBe(201);
        const names: string[] = [];
        for (let count = 0; count < EVENTS_PER_ROUND; count += 1) {
          if (count === EVENTS_PER_ROUND / 2) first.process.signal(signal);
          const { status, body: key } = await second.call<{ id: string }>('POST', './apikeys', {
            body: { displayName: 'x', role: 'readonly' },
          });
          expect(status).toBe(201);
          names.push(key.id);
        }
        await first.process.ended;
        await untilDelivered(names, names.length);
        expect(inOrder().map(({ name }) => name)).toEqual(names);
        // NOTE: once more for what was under way, and for what was delivered and not recorded yet.
        expect(delivered.length - names.length).toBeLessThanOrEqual(2);
      },
      ROUND_MS,
    );
});
