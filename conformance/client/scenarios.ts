import type { Received, Reply } from './difficult-server.ts';

/** What a driver is asked to do with its client, as its only argument. */
export type Task = 'list' | 'get' | 'create' | 'update' | 'delete';

export interface Outcome {
  readonly received: readonly Received[];
  readonly exitCode: number;
  /** What the client told a person. */
  readonly said: string;
}

export interface Scenario {
  /** The requirement that it grades. */
  readonly requirement: string;
  readonly title: string;
  readonly task: Task;
  readonly answer: (received: readonly Received[]) => Reply;
  /** What is wrong; `undefined` when the client passes. */
  readonly judge: (outcome: Outcome) => string | undefined;
}

const cluster = (changes: object = {}) => ({
  name: 'prod',
  displayName: 'prod',
  type: 'shared',
  version: '1.31',
  resources: {},
  highAvailability: false,
  generation: 1,
  resourceVersion: '10',
  createdAt: '2020-01-01T00:00:00Z',
  status: {
    phase: 'Running',
    kubernetesVersion: 'v1.31.4',
    endpoint: 'https://prod.test',
    conditions: [],
    metrics: {},
    observedGeneration: 1,
  },
  ...changes,
});

const ok = (etag = '"10"', changes = {}): Reply => ({ status: 200, headers: { ETag: etag }, body: cluster(changes) });
const SENTENCE = 'The thing that was asked for is on fire';
const error = (status: number, headers: Record<string, string> = {}): Reply => ({ status, headers, body: { error: SENTENCE } });

const only = (received: readonly Received[], method: string) => received.filter((one) => one.method === method);
const gapMs = (received: readonly Received[], index: number) => (received[index]?.atMs ?? Number.NaN) - (received[index - 1]?.atMs ?? 0);
const expectCount = (found: number, least: number, most: number, what: string) =>
  found >= least && found <= most
    ? undefined
    : `${what} was sent ${found} times, not ${least === most ? least : `${least} to ${most} times`}`;
const expectSuccess = ({ exitCode }: Outcome) => (exitCode === 0 ? undefined : `it failed with ${exitCode}`);
const expectFailure = ({ exitCode }: Outcome) => (exitCode !== 0 ? undefined : 'it reported success');
const expectSaid = ({ said }: Outcome) => (said.includes(SENTENCE) ? undefined : 'the sentence of the server is lost');

/** Answers the requests in order; the last answer repeats. */
const inOrder =
  (...replies: readonly Reply[]) =>
  (received: readonly Received[]): Reply =>
    replies[Math.min(received.length, replies.length) - 1] ?? error(500);

const refusals: Scenario[] = [400, 401, 403, 404].map((status) => ({
  requirement: 'C2',
  title: `a ${status} is not repeated and its sentence reaches the person`,
  task: 'get',
  answer: inOrder(error(status)),
  judge: (outcome) => expectCount(outcome.received.length, 1, 1, 'the request') ?? expectFailure(outcome) ?? expectSaid(outcome),
}));

const updates: Scenario[] = [
  {
    requirement: 'C8',
    title: 'after a 412 it reads again and writes with the new ETag',
    task: 'update',
    answer(received) {
      const patches = only(received, 'PATCH').length;
      if (received.at(-1)?.method === 'GET') return ok(patches === 0 ? '"10"' : '"11"');
      return patches === 1 ? error(412) : ok('"12"', { version: '1.32' });
    },
    judge(outcome) {
      const tags = only(outcome.received, 'PATCH').map(({ headers }) => headers['if-match']);
      return (
        expectSuccess(outcome) ??
        (tags.join() === '"10","11"' ? undefined : `it wrote with ${tags.join(', then ')}, not with what it had just read`)
      );
    },
  },
  {
    requirement: 'C8',
    title: 'an update that keeps losing gives up, having read before every write',
    task: 'update',
    answer: (received) => (received.at(-1)?.method === 'GET' ? ok(`"${received.length}"`) : error(412)),
    judge(outcome) {
      const writes = only(outcome.received, 'PATCH');
      const tags = new Set(writes.map(({ headers }) => headers['if-match']));
      if (tags.size !== writes.length) return 'it wrote twice with the same dead ETag';
      return expectCount(writes.length, 2, 12, 'the write') ?? expectFailure(outcome);
    },
  },
  {
    requirement: 'C13',
    title: 'a write that is refused with 400 ends the update, and its sentence reaches the person',
    task: 'update',
    answer: (received) => (received.at(-1)?.method === 'GET' ? ok() : error(400)),
    judge: (outcome) =>
      expectCount(only(outcome.received, 'PATCH').length, 1, 1, 'the write') ?? expectFailure(outcome) ?? expectSaid(outcome),
  },
  {
    requirement: 'C10',
    title: 'a guarded PATCH is repeated after a 503',
    task: 'update',
    answer(received) {
      if (received.at(-1)?.method === 'GET') return ok();
      return only(received, 'PATCH').length === 1 ? error(503) : ok('"11"', { version: '1.32' });
    },
    judge: (outcome) => expectSuccess(outcome),
  },
];

const retries: Scenario[] = [
  {
    requirement: 'C5',
    title: 'a 500 that persists is surfaced after at most five attempts, with growing room between them',
    task: 'get',
    answer: inOrder(error(500)),
    judge: (outcome) => expectCount(outcome.received.length, 2, 5, 'the request') ?? expectFailure(outcome) ?? expectSaid(outcome),
  },
  {
    requirement: 'C6',
    title: 'Retry-After is waited for in full',
    task: 'list',
    answer: inOrder(error(429, { 'Retry-After': '3' }), { status: 200, body: { items: [] } }),
    judge(outcome) {
      if (gapMs(outcome.received, 1) < 3_000) return `it came back after ${Math.round(gapMs(outcome.received, 1))} ms, not after 3 s`;
      return expectSuccess(outcome);
    },
  },
  {
    requirement: 'C6',
    title: 'a 429 without Retry-After is waited out, not hammered',
    task: 'list',
    answer: inOrder(error(429), { status: 200, body: { items: [] } }),
    judge(outcome) {
      if (gapMs(outcome.received, 1) < 1_000) return `it came back after ${Math.round(gapMs(outcome.received, 1))} ms`;
      return expectSuccess(outcome);
    },
  },
  {
    requirement: 'C9',
    title: 'a 503 is repeated until it is over',
    task: 'get',
    answer: inOrder(error(503), error(503), ok()),
    judge: (outcome) => expectCount(outcome.received.length, 3, 3, 'the request') ?? expectSuccess(outcome),
  },
  {
    requirement: 'C10',
    title: 'a DELETE is repeated after a 503, and a 404 of the repetition is success',
    task: 'delete',
    answer: inOrder(error(503), error(404)),
    judge: (outcome) => expectCount(only(outcome.received, 'DELETE').length, 2, 2, 'the DELETE') ?? expectSuccess(outcome),
  },
];

const creates: Scenario[] = [
  {
    requirement: 'C4',
    title: 'a 409 is not repeated',
    task: 'create',
    answer: (received) => (received.at(-1)?.method === 'POST' ? error(409) : ok()),
    judge: (outcome) => expectCount(only(outcome.received, 'POST').length, 1, 1, 'the POST') ?? expectFailure(outcome),
  },
  {
    requirement: 'C11',
    title: 'a POST whose fate is unknown is not repeated',
    task: 'create',
    answer: (received) => (received.at(-1)?.method === 'POST' ? error(503) : error(404)),
    judge: (outcome) => expectCount(only(outcome.received, 'POST').length, 1, 1, 'the POST') ?? expectFailure(outcome),
  },
  {
    requirement: 'C11',
    title: 'nor is one whose answer got lost',
    task: 'create',
    answer: (received) => (received.at(-1)?.method === 'POST' ? { status: 201, isLost: true } : error(404)),
    judge: (outcome) => expectCount(only(outcome.received, 'POST').length, 1, 1, 'the POST') ?? expectFailure(outcome),
  },
];

/** Every scenario; each runs against a server of its own. */
export const SCENARIOS: readonly Scenario[] = [...refusals, ...creates, ...retries, ...updates];
