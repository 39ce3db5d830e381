import { createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { createClient, freshAddress, type HttpAnswer } from '../client.ts';
import { expectRefusal } from '../expect-refusal.ts';
import { rawExchange } from '../raw-exchange.ts';
import { ownServer, testOfOwnServer } from '../server-under-test.ts';
import { launchServer } from '../start-server.ts';

const BURST = 10;
const watched = ownServer({
  variables: {
    OPENKUPE_METRICS_PORT: '0',
    OPENKUPE_RATE_LIMIT_PER_SECOND: '0.1',
    OPENKUPE_RATE_LIMIT_BURST: String(BURST),
    OPENKUPE_KEY_RATE_LIMIT_PER_SECOND: '0.01',
    OPENKUPE_KEY_RATE_LIMIT_BURST: '5',
  },
});
const urlOf = (stdout: string) => /^Metrics for Prometheus are at (\S+)$/m.exec(stdout)?.[1] ?? '';
const pageUrl = () => urlOf(watched.started.process.output.stdout);

/** Every sample of the page by its name and labels. */
async function scrape(): Promise<Map<string, number>> {
  const answer = await fetch(pageUrl());
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const samples = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

describe('the metrics page', () => {
  testOfOwnServer('adds up with what was sent', async () => {
    const before = await scrape();
    const from = freshAddress();
    const limited = createClient({ ...watched, from });
    const plans = () => limited.call('GET', '/api/v1/plans', { key: null });
    const sent: HttpAnswer[] = [];
    for (let request = 0; request < BURST + 4; request += 1) sent.push(await plans());
    for (let request = 0; request < 7; request += 1) sent.push(await watched.client({ from: freshAddress() }).call('GET', '.'));
    for (let guess = 0; guess < 3; guess += 1) sent.push(await watched.client({ key: `wrong-${guess}` }).call('GET', '.'));
    const from2 = freshAddress();
    for (let again = 0; again < 2; again += 1) sent.push(await watched.client({ from: from2, key: 'wrong-again' }).call('GET', '.'));
    await rawExchange({ host: watched.host, send: ['GARBAGE\r\n\r\n'] });
    const after = await scrape();
    const added = (name: string) => (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN);
    const ofStatus = (status: number) => sent.filter((answer) => answer.status === status).length;

    expect([ofStatus(200), ofStatus(401), ofStatus(429)]).toEqual([BURST + 5, 5, 6]);
    expect(added('openkupe_limit_allowed_total')).toBe(sent.length - 4);
    expect(added('openkupe_limit_denied_total{policy="address"}')).toBe(4);
    expect(added('openkupe_limit_denied_total{policy="key"}')).toBe(2);
    for (const policy of ['network', 'authentication', 'tenant', 'concurrency'])
      expect(added(`openkupe_limit_denied_total{policy="${policy}"}`), policy).toBe(0);
    expect(added('openkupe_limit_near_limit_total')).toBe(BURST / 5);
    expect(added('openkupe_limit_authentication_failures_total')).toBe(5);
    expect(added('openkupe_http_answers_total{class="2xx"}')).toBe(ofStatus(200));
    expect(added('openkupe_http_answers_total{class="4xx"}')).toBe(ofStatus(401) + ofStatus(429) + 1);
    expect(added('openkupe_http_answers_total{class="5xx"}')).toBe(0);
    expect(added('openkupe_overload_admitted_total')).toBe(sent.length - 4);
    expect(after.get('openkupe_overload_in_flight')).toBe(0);
    expect(after.get('openkupe_overload_limit')).toBeGreaterThan(0);
    expect(after.get('openkupe_limit_table_load{table="address"}')).toBeLessThan(0.1);
    expect(after.get('openkupe_limit_memory_bytes')).toBeGreaterThan(2 ** 24);
    for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds', 'process_cpu_seconds_total'])
      expect(after.get(name), name).toBeGreaterThan(0);
  });

  testOfOwnServer('has no label that a caller can fill', async () => {
    const names = async () => [...(await scrape()).keys()].filter((name) => name.startsWith('openkupe_')).sort();
    const before = await names();
    for (const path of ['/a', '/b', './clusters/c', './clusters/d'])
      await watched.client({ key: `wrong-${path}` }).call('GET', path, { headers: { 'x-request-id': `request-${path.length}` } });
    expect(await names()).toEqual(before);
  });

  testOfOwnServer('is not on the port of the tenants, and its own port has nothing else', async () => {
    expectRefusal(await watched.client().call('GET', '/metrics'), 404);
    const elsewhere = createClient({ ...watched, host: new URL(pageUrl()).origin });
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/metrics/'],
      ['GET', '/api/v1/plans'],
      ['POST', '/metrics'],
      ['HEAD', '/healthz'],
    ] as const) {
      const answer = await elsewhere.call(method, path);
      if (method === 'HEAD') expect(answer.status).toBe(404);
      else expectRefusal(answer, 404, 'GET /metrics');
    }
    expectRefusal(await rawExchange({ host: elsewhere.host, send: ['GARBAGE\r\n\r\n'] }), 400);
    const large = `GET /metrics HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(40_000)}\r\n\r\n`;
    expectRefusal(await rawExchange({ host: elsewhere.host, send: [large] }), 431);
  });

  testOfOwnServer('on a port that is taken: the start ends with 1 and says which setting', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const folder = `${watched.started.dataFolder}-metrics`;
    const server = launchServer(['--port', '0', '--data', folder], { OPENKUPE_METRICS_PORT: String(port) });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.output).toEqual({
      stdout: '',
      stderr: `openkupe: Port ${port} on 127.0.0.1 is taken; stop what uses it, or choose another with OPENKUPE_METRICS_PORT\n`,
    });
    other.close();
    // The first key was not made yet, so it is not lost.
    const again = launchServer(['--port', '0', '--data', folder], { OPENKUPE_METRICS_PORT: '0' });
    for (let turn = 0; turn < 1_000 && !again.output.stdout.includes('Ctrl-C stops'); turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(again.output.stdout).toContain('Its admin key is shown this once');
    const url = urlOf(again.output.stdout);
    expect((await fetch(url)).status).toBe(200);
    const idle = rawExchange({ host: new URL(url).origin, send: ['GET /metrics HTTP/1.1\r\n'] }).catch(() => undefined);
    again.signal('SIGTERM');
    expect(await again.ended).toEqual({ code: 0, signal: null });
    await idle;
    await expect(fetch(url)).rejects.toThrow();
  });
});
