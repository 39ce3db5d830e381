import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '@openkupe/contract';
import { describe, expect } from 'vitest';
import { createClient, type HttpAnswer } from '../client.ts';
import { hasPostgres, NEEDS_POSTGRES, startPostgres } from '../postgres-server.ts';
import { testOfOwnServer } from '../server-under-test.ts';
import { type StartedServer, startServer } from '../start-server.ts';
import { checkSurvivors } from './kill/check-survivors.ts';
import { QUICK } from './kill/quick-settings.ts';
import { startWriters } from './kill/writers.ts';

const ROUNDS = Number(process.env.OPENKUPE_KILL_ROUNDS ?? 2);
const SEQUENCES = 28;
const COUNTERS = 4;
const ROUND_MS = 120_000;
/** How long all writers may take to be acknowledged again once PostgreSQL accepts connections. */
const RECOVERY_MS = 15_000;

/** What one writer has sent to its cluster and what was acknowledged; the counters share one cluster, and count under If-Match. */
interface Written {
  readonly name: string;
  sent: number;
  acknowledged: number;
  /** The versions of what was acknowledged, newest last. */
  readonly versions: number[];
  readonly counts: number[];
}

type ClusterAnswer = HttpAnswer<Cluster>;

/** Writers that go on through outages, as the page asks of clients: they wait as long as Retry-After says and send the change again. */
async function startPatientWriters(server: StartedServer) {
  const client = createClient({ ...server, agent: new Agent({ keepAlive: true, maxSockets: SEQUENCES + COUNTERS }) });
  const all: Written[] = [];
  const outages: ClusterAnswer[] = [];
  let isEnding = false;
  expect((await client.call('PATCH', '.', { body: { plan: 'enterprise' } })).status).toBe(200);

  async function make(name: string): Promise<Written> {
    const alerts = { step: 0, count: 0 };
    expect((await client.call('POST', './clusters', { body: { name, alerts } })).status).toBe(201);
    return { name, sent: 0, acknowledged: 0, versions: [], counts: [] };
  }
  /** Sends until it is not answered 503. */
  async function send(method: string, path: string, options: object, written?: Written): Promise<ClusterAnswer> {
    for (;;) {
      if (written) written.sent += 1;
      const answer = await client.call<Cluster>(method, path, options);
      if (answer.status !== 503) return answer;
      outages.push(answer);
      await sleep(Math.min(1_000, Number(answer.headers['retry-after']) * 1_000));
    }
  }
  function note(written: Written, answer: ClusterAnswer): void {
    written.acknowledged += 1;
    written.versions.push(Number(answer.body.resourceVersion));
  }
  async function writeSequence(written: Written): Promise<void> {
    for (let step = 1; !isEnding; step += 1) {
      const answer = await send('PATCH', `./clusters/${written.name}`, { body: { alerts: { step } } }, written);
      if (answer.status !== 200) throw new Error(`Expected 200 or 503, got ${answer.status} ${answer.text}`);
      note(written, answer);
    }
  }
  async function count(written: Written): Promise<void> {
    while (!isEnding) {
      const read = await send('GET', './clusters/counter', {});
      const alerts = { count: Number(read.body.alerts?.count) + 1 };
      const answer = await send(
        'PATCH',
        './clusters/counter',
        { body: { alerts }, headers: { 'if-match': String(read.headers.etag) } },
        written,
      );
      if (answer.status === 412) continue;
      if (answer.status !== 200) throw new Error(`Expected 200, 412 or 503, got ${answer.status} ${answer.text}`);
      note(written, answer);
      written.counts.push(alerts.count);
    }
  }

  for (let index = 0; index < SEQUENCES; index += 1) all.push(await make(`sequence-${index}`));
  const counter = await make('counter');
  const counters = Array.from({ length: COUNTERS }, (): Written => ({ ...counter, versions: [], counts: [] }));
  const running = Promise.all([...all.map(writeSequence), ...counters.map(count)]);
  running.catch(() => {});
  const everyone = [...all, ...counters];
  return {
    client,
    sequences: all,
    counters,
    outages,
    /** Resolves once every writer was acknowledged `more` times from now on, and says how long that took. */
    async untilEach(more: number): Promise<number> {
      const began = Date.now();
      const goals = everyone.map((written) => written.acknowledged + more);
      const isThere = () => everyone.every(({ acknowledged }, at) => acknowledged >= (goals[at] ?? 0));
      while (!isThere()) await Promise.race([sleep(5), running]);
      return Date.now() - began;
    },
    async end(): Promise<void> {
      isEnding = true;
      await running;
    },
  };
}

type Writers = Awaited<ReturnType<typeof startPatientWriters>>;

async function checkNothingLost({ client, sequences, counters }: Writers): Promise<void> {
  const versions = [...sequences, ...counters].flatMap((written) => written.versions);
  expect(new Set(versions).size, 'no two changes share a version').toBe(versions.length);
  for (const { name, acknowledged, sent, versions: own } of sequences) {
    const { body } = await client.call<Cluster>('GET', `./clusters/${name}`);
    expect(body.alerts?.step, name).toBe(acknowledged);
    expect(body.generation - 1, name).toBeGreaterThanOrEqual(acknowledged);
    expect(body.generation - 1, name).toBeLessThanOrEqual(sent);
    expect(Number(body.resourceVersion), name).toBe(own.at(-1));
  }
  const { body } = await client.call<Cluster>('GET', './clusters/counter');
  const counts = counters.flatMap((written) => written.counts);
  expect(new Set(counts).size, 'no count was written twice').toBe(counts.length);
  expect(body.alerts?.count).toBe(body.generation - 1);
  expect(Number(body.alerts?.count)).toBeGreaterThanOrEqual(Math.max(...counts));
}

describe.skipIf(!hasPostgres)(`kill -9 on PostgreSQL ${NEEDS_POSTGRES}`, () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    testOfOwnServer(
      `round ${round}: of PostgreSQL loses nothing that was acknowledged; 503 with Retry-After meanwhile, and writes again by itself`,
      async () => {
        const postgres = await startPostgres(['fsync=on']);
        const server = await startServer({ variables: { ...QUICK, OPENKUPE_DATABASE_URL: await postgres.createDatabase('killed') } });
        try {
          const writers = await startPatientWriters(server);
          await writers.untilEach(2 + round);
          await postgres.kill();
          await sleep(500);
          await postgres.start();
          expect(await writers.untilEach(1)).toBeLessThan(RECOVERY_MS);
          await writers.end();
          expect(writers.outages.length).toBeGreaterThan(0);
          for (const { headers, body } of writers.outages) {
            expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
            expect(body).toEqual({ error: expect.any(String) });
          }
          await checkNothingLost(writers);
        } finally {
          await server.stop();
          await postgres.stop();
        }
      },
      ROUND_MS,
    );

    testOfOwnServer(
      `round ${round}: of the control plane loses nothing that was acknowledged, and leaves nothing half there`,
      async () => {
        const postgres = await startPostgres(['fsync=on']);
        const variables = { ...QUICK, OPENKUPE_DATABASE_URL: await postgres.createDatabase('kept') };
        const first = await startServer({ variables });
        try {
          const writers = await startWriters(first, SEQUENCES + COUNTERS);
          await writers.runUntil(150 + round * 37);
          await first.kill();
          const ledger = await writers.ledger();
          const second = await startServer({ variables, dataFolder: first.dataFolder });
          await checkSurvivors({ ...second, apiKey: first.apiKey }, ledger);
          await second.stop();
        } finally {
          await first.stop();
          await postgres.stop();
        }
      },
      ROUND_MS,
    );
  }
});
