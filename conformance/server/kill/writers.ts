import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyWithSecret, Cluster } from '@openkupe/contract';
import { type Client, createClient, type HttpAnswer } from '../../client.ts';
import type { StartedServer } from '../../start-server.ts';

/** One write that a writer sent. `answer` is there if the server acknowledged it; without one it may have happened or not. */
export interface Written<Body> {
  readonly idempotencyKey?: string;
  readonly sent: Readonly<Record<string, unknown>>;
  answer?: HttpAnswer<Body>;
}

/** Everything the writers sent before the end, in the order of each writer. */
export interface Ledger {
  readonly acknowledged: number;
  readonly keys: readonly Written<ApiKeyWithSecret>[];
  readonly clusters: readonly Written<Cluster>[];
  /** A cluster that only one writer changes, and its changes; each has `alerts.step` one higher than the one before. */
  readonly sequences: readonly { readonly name: string; readonly changes: readonly Written<Cluster>[] }[];
  /** One cluster that several writers change without If-Match, each with a value of its own. */
  readonly shared: { readonly name: string; readonly changes: readonly Written<Cluster>[] };
  /** One cluster with a counter that several writers move by one under If-Match. */
  readonly counter: { readonly name: string; readonly changes: readonly Written<Cluster>[] };
}

/** How the writers are divided; what is left changes clusters of its own. */
const KEY_WRITERS = 8;
const CLUSTER_WRITERS = 4;
const SHARED_WRITERS = 4;
const COUNTER_WRITERS = 4;

async function must<Body>(answer: Promise<HttpAnswer<Body>>, status: number): Promise<HttpAnswer<Body>> {
  const received = await answer;
  if (received.status !== status) throw new Error(`Expected ${status}, got ${received.status} ${received.text}`);
  return received;
}

/** Sends one write and notes it before it is sent. Throws when it was not answered; any answer but the expected is a failure of the test. */
async function write<Body>(
  notes: Written<Body>[],
  sent: Written<Body>['sent'],
  send: () => Promise<HttpAnswer<Body>>,
  status: number,
  more = {},
) {
  const note: Written<Body> = { sent, ...more };
  notes.push(note);
  note.answer = await must(send(), status);
}

interface Notes {
  readonly keys: Written<ApiKeyWithSecret>[];
  readonly clusters: Written<Cluster>[];
  readonly shared: Written<Cluster>[];
  readonly counter: Written<Cluster>[];
}

const allOf = (notes: Notes, sequences: Ledger['sequences']): readonly Written<unknown>[] => [
  ...notes.keys,
  ...notes.clusters,
  ...notes.shared,
  ...notes.counter,
  ...sequences.flatMap(({ changes }) => changes),
];

function createKeys(client: Client, writer: number, notes: Notes) {
  return async (step: number) => {
    const sent = { displayName: `writer-${writer}-${step}`, role: 'readonly' };
    const idempotencyKey = randomUUID();
    const headers = { 'idempotency-key': idempotencyKey };
    await write(notes.keys, sent, () => client.call('POST', './apikeys', { body: sent, headers }), 201, { idempotencyKey });
  };
}

function createClusters(client: Client, writer: number, notes: Notes) {
  return async (step: number) => {
    const sent = { name: `made-${writer}-${step}`, displayName: `Step ${step}`, resources: { cpu: '10m', memory: '16Mi', storage: '1Gi' } };
    if (step > 30) return void (await sleep(20));
    await write(notes.clusters, sent, () => client.call('POST', './clusters', { body: sent }), 201);
  };
}

const patch = (client: Client, name: string, body: object, headers: Record<string, string> = {}) =>
  client.call<Cluster>('PATCH', `./clusters/${name}`, { body, headers });

function changeShared(client: Client, writer: number, notes: Notes) {
  return async (step: number) => {
    const sent = { alerts: { writer, step } };
    await write(notes.shared, sent, () => patch(client, 'shared', sent), 200);
  };
}

/** Read, add one, write under If-Match: a conflict is expected, and written nothing. */
function count(client: Client, writer: number, notes: Notes) {
  return async () => {
    const read = await must(client.call<Cluster>('GET', './clusters/counter'), 200);
    const sent = { alerts: { count: Number(read.body.alerts?.count) + 1, writer } };
    const note: Written<Cluster> = { sent };
    notes.counter.push(note);
    const answer = await patch(client, 'counter', sent, { 'if-match': String(read.headers.etag) });
    if (answer.status === 412) notes.counter.splice(notes.counter.indexOf(note), 1);
    else if (answer.status === 200) note.answer = answer;
    else throw new Error(`Expected 200 or 412, got ${answer.status} ${answer.text}`);
  };
}

/** What of a ledger was acknowledged. */
function acknowledgedOf({ acknowledged, keys, clusters, shared, counter, sequences }: Ledger): Ledger {
  const isAcknowledged = ({ answer }: Written<unknown>) => answer !== undefined;
  return {
    acknowledged,
    keys: keys.filter(isAcknowledged),
    clusters: clusters.filter(isAcknowledged),
    sequences: sequences.map(({ name, changes }) => ({ name, changes: changes.filter(isAcknowledged) })),
    shared: { ...shared, changes: shared.changes.filter(isAcknowledged) },
    counter: { ...counter, changes: counter.changes.filter(isAcknowledged) },
  };
}

/** Starts the writers against a fresh server. They write one thing after another until the server does not answer any more. */
export async function startWriters(server: StartedServer, writers: number) {
  const client = createClient({ ...server, agent: new Agent({ keepAlive: true, maxSockets: writers }) });
  await must(client.call('PATCH', '.', { body: { plan: 'enterprise' } }), 200);
  const notes: Notes = { keys: [], clusters: [], shared: [], counter: [] };
  const sequences: { name: string; changes: Written<Cluster>[] }[] = [];
  const make = (name: string, alerts: object) => must(client.call<Cluster>('POST', './clusters', { body: { name, alerts } }), 201);
  notes.shared.push({ sent: { alerts: {} }, answer: await make('shared', {}) });
  await make('counter', { count: 0 });
  for (let writer = KEY_WRITERS + CLUSTER_WRITERS + SHARED_WRITERS + COUNTER_WRITERS; writer < writers; writer += 1) {
    await make(`sequence-${writer}`, { step: 0 });
    sequences.push({ name: `sequence-${writer}`, changes: [] });
  }

  let isKilled = false;
  const defects: unknown[] = [];
  const run = async (stepOf: (step: number) => Promise<void>) => {
    try {
      for (let step = 1; ; step += 1) await stepOf(step);
    } catch (error) {
      if (!isKilled || !(error instanceof Error && 'code' in error)) defects.push(error);
    }
  };
  const many = (length: number, make: (client: Client, writer: number, notes: Notes) => (step: number) => Promise<void>) =>
    Array.from({ length }, (_, writer) => run(make(client, writer, notes)));
  const changeInSequence = ({ name, changes }: (typeof sequences)[number]) =>
    run(async (step) => {
      const sent = { alerts: { step } };
      await write(changes, sent, () => patch(client, name, sent), 200);
    });

  let running: Promise<void>[] = [];
  const collect = (): Ledger => ({
    acknowledged: countAcknowledged(),
    keys: [...notes.keys],
    clusters: [...notes.clusters],
    sequences: sequences.map(({ name, changes }) => ({ name, changes: [...changes] })),
    shared: { name: 'shared', changes: [...notes.shared] },
    counter: { name: 'counter', changes: [...notes.counter] },
  });
  const countAcknowledged = () => allOf(notes, sequences).filter(({ answer }) => answer).length;
  return {
    /** What was acknowledged until now, and nothing else, while they go on. */
    acknowledgedSoFar: () => acknowledgedOf(collect()),
    /** Lets them write until this many writes were acknowledged since the start. They go on until the server is killed, which is expected unless `goesOn`. */
    async runUntil(acknowledged: number, { goesOn = false } = {}): Promise<void> {
      if (running.length === 0)
        running = [
          ...many(KEY_WRITERS, createKeys),
          ...many(CLUSTER_WRITERS, createClusters),
          ...many(SHARED_WRITERS, changeShared),
          ...many(COUNTER_WRITERS, count),
          ...sequences.map(changeInSequence),
        ];
      while (countAcknowledged() < acknowledged && defects.length === 0) await sleep(1);
      isKilled = !goesOn;
    },
    /** Waits for the writers to notice the end. Throws if one of them met anything else. */
    async ledger(): Promise<Ledger> {
      await Promise.all(running);
      if (defects.length > 0) throw defects[0];
      return collect();
    },
  };
}
