import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '@openkupe/contract';
import { expect } from 'vitest';
import { type Client, createClient, type HttpAnswer } from '../../client.ts';
import type { StartedServer } from '../../start-server.ts';

const SEQUENCES = 28;
const COUNTERS = 4;
/** Writers that write at the same time. */
export const WRITERS = SEQUENCES + COUNTERS;
/**
 * How long all writers may take to be answered again by a store that works, once the database accepts connections: acknowledged, or 412 for one
 * that lost a race to another counter, of which one has to be acknowledged too. A counter may lose dozens of races in a row, whose time says nothing
 * about the outage.
 */
export const RECOVERY_MS = 15_000;

/** What one writer has sent to its cluster and what was acknowledged; the counters share one cluster, and count under If-Match. */
interface Written {
  readonly name: string;
  sent: number;
  acknowledged: number;
  /** Acknowledged, or refused because another writer was faster. */
  answered: number;
  /** The versions of what was acknowledged, newest last. */
  readonly versions: number[];
  readonly counts: number[];
}

type ClusterAnswer = HttpAnswer<Cluster>;

/** Writers, and what became of what they wrote. */
export interface PatientWriters {
  /** Writes acknowledged until now. */
  readonly acknowledged: number;
  /** Answers 503 until now. */
  readonly outages: readonly ClusterAnswer[];
  /**
   * Resolves once the writes of every writer were answered `more` times from now on, and as many of the counters acknowledged, and says how long
   * that took. NOTE: 412 alone is no proof, because a read decides it.
   */
  untilEach(more: number): Promise<number>;
  /** Ends the writers, and checks what is there against what was acknowledged. */
  end(): Promise<void>;
}

async function checkNothingLost(client: Client, sequences: readonly Written[], counters: readonly Written[]): Promise<void> {
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

function checkOutages(outages: readonly ClusterAnswer[]): void {
  for (const { headers, body } of outages) {
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(body).toEqual({ error: expect.any(String) });
  }
}

async function make(client: Client, name: string): Promise<Written> {
  const alerts = { step: 0, count: 0 };
  expect((await client.call('POST', './clusters', { body: { name, alerts } })).status).toBe(201);
  return { name, sent: 0, acknowledged: 0, answered: 0, versions: [], counts: [] };
}

function note(written: Written, answer: ClusterAnswer): void {
  written.acknowledged += 1;
  written.answered += 1;
  written.versions.push(Number(answer.body.resourceVersion));
}

/**
 * Starts {@link WRITERS} writers that go on through outages, as the page asks of clients: they wait as long as Retry-After says and send the change
 * again. They are spread over the servers, which share a database. `lost` gets the connections that were lost, where a proxy may lose them; the change is
 * sent again then, too.
 */
export async function startPatientWriters(servers: readonly StartedServer[], lost?: Error[]): Promise<PatientWriters> {
  const [first] = servers as [StartedServer, ...StartedServer[]];
  const agent = new Agent({ keepAlive: true, maxSockets: WRITERS });
  const clients = servers.map(({ host }) => createClient({ ...first, host, agent }));
  const clientOf = (writer: number) => clients[writer % clients.length] as Client;
  const outages: ClusterAnswer[] = [];
  let isEnding = false;
  expect((await clientOf(0).call('PATCH', '.', { body: { plan: 'enterprise' } })).status).toBe(200);

  /** Sends until it is not answered 503. */
  async function send(client: Client, method: string, path: string, options: object, written?: Written): Promise<ClusterAnswer> {
    for (;;) {
      if (written) written.sent += 1;
      const answer = await client.call<Cluster>(method, path, options).catch((error: Error) => {
        if (!lost) throw error;
        lost.push(error);
      });
      if (!answer) continue;
      if (answer.status !== 503) return answer;
      outages.push(answer);
      await sleep(Number(answer.headers['retry-after']) * 1_000);
    }
  }
  async function writeSequence(written: Written, writer: number): Promise<void> {
    for (let step = 1; !isEnding; step += 1) {
      const answer = await send(clientOf(writer), 'PATCH', `./clusters/${written.name}`, { body: { alerts: { step } } }, written);
      if (answer.status !== 200) throw new Error(`Expected 200 or 503, got ${answer.status} ${answer.text}`);
      note(written, answer);
    }
  }
  async function count(written: Written, writer: number): Promise<void> {
    while (!isEnding) {
      const read = await send(clientOf(writer), 'GET', './clusters/counter', {});
      const alerts = { count: Number(read.body.alerts?.count) + 1 };
      const guarded = { body: { alerts }, headers: { 'if-match': String(read.headers.etag) } };
      const answer = await send(clientOf(writer), 'PATCH', './clusters/counter', guarded, written);
      if (answer.status === 412) {
        written.answered += 1;
        continue;
      }
      if (answer.status !== 200) throw new Error(`Expected 200, 412 or 503, got ${answer.status} ${answer.text}`);
      note(written, answer);
      written.counts.push(alerts.count);
    }
  }

  const sequences: Written[] = [];
  for (let index = 0; index < SEQUENCES; index += 1) sequences.push(await make(clientOf(0), `sequence-${index}`));
  const counter = await make(clientOf(0), 'counter');
  const counters = Array.from({ length: COUNTERS }, (): Written => ({ ...counter, versions: [], counts: [] }));
  const everyone = [...sequences, ...counters];
  const running = Promise.all([...sequences.map(writeSequence), ...counters.map(count)]);
  running.catch(() => {});
  return {
    get acknowledged() {
      return everyone.reduce((sum, written) => sum + written.acknowledged, 0);
    },
    outages,
    async untilEach(more) {
      const began = performance.now();
      const goals = everyone.map((written) => written.answered + more);
      const counted = () => counters.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
      const countedGoal = counted() + more;
      const isThere = () => everyone.every(({ answered }, at) => answered >= (goals[at] ?? 0)) && counted() >= countedGoal;
      while (!isThere()) await Promise.race([sleep(5), running]);
      return performance.now() - began;
    },
    async end() {
      isEnding = true;
      await running;
      checkOutages(outages);
      await checkNothingLost(clientOf(0), sequences, counters);
    },
  };
}
