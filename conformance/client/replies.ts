import type { Received, Reply } from './difficult-server.ts';

/** What every refusal says; a client has to pass it on to a person. */
export const SENTENCE = 'The thing that was asked for is on fire';

const CLUSTER = {
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
};

/** A cluster under a tag. */
export const ok = (etag = '"10"', changes = {}): Reply => ({ status: 200, headers: { ETag: etag }, body: { ...CLUSTER, ...changes } });

/** A refusal in the envelope of the page. */
export const error = (status: number, headers: Record<string, string> = {}): Reply => ({ status, headers, body: { error: SENTENCE } });

/** Answers the requests in order; the last answer repeats. */
export const inOrder =
  (...replies: readonly Reply[]) =>
  (received: readonly Received[]): Reply =>
    replies[Math.min(received.length, replies.length) - 1] ?? error(500);

/** Answers reads and writes apart: `write` gets the number of the write, from 1. */
export const readsAndWrites =
  (read: (writes: number) => Reply, write: (number: number) => Reply) =>
  (received: readonly Received[]): Reply => {
    const writes = received.filter(({ method }) => method !== 'GET').length;
    return received.at(-1)?.method === 'GET' ? read(writes) : write(writes);
  };
