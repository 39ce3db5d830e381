import type { Received } from '../difficult-server.ts';
import { expectCount, expectFailure, expectSaid, expectSuccess, only } from '../expectations.ts';
import { error, inOrder, ok, readsAndWrites } from '../replies.ts';
import { each, type Outcome, type Scenario } from '../scenario.ts';

/** A POST that was repeated blindly: neither under one idempotency key, nor after a read that tells whether the first one succeeded. */
function expectNoBlindRepetition({ received }: Outcome): string | undefined {
  let previous: Received | undefined;
  for (const request of received) {
    if (request.method === 'GET') previous = undefined;
    if (request.method !== 'POST') continue;
    const key = request.headers['idempotency-key'];
    if (previous && (key === undefined || previous.headers['idempotency-key'] !== key)) return 'it repeated a POST blindly';
    previous = request;
  }
  return undefined;
}

/** What a client has to know about writes. */
export const WRITES: readonly Scenario[] = [
  {
    requirement: 'C8',
    title: 'after a 412 it reads again and writes with the new ETag',
    task: 'update',
    answer: readsAndWrites(
      (writes) => ok(writes === 0 ? '"10"' : '"11"'),
      (number) => (number === 1 ? error(412) : ok('"12"', { version: '1.32' })),
    ),
    judge: each((outcome) => {
      const tags = only(outcome.received, 'PATCH').map(({ headers }) => headers['if-match']);
      if (tags.join() !== '"10","11"') return `it wrote with ${tags.join(', then ')}, not with what it had just read`;
      return expectSuccess(outcome);
    }),
  },
  {
    requirement: 'C8',
    title: 'an update that keeps losing gives up, having read before every write',
    task: 'update',
    answer: (received) => (received.at(-1)?.method === 'GET' ? ok(`"${received.length}"`) : error(412)),
    judge: each((outcome) => {
      const writes = only(outcome.received, 'PATCH');
      const tags = new Set(writes.map(({ headers }) => headers['if-match']));
      if (tags.size !== writes.length) return 'it wrote twice with the same dead ETag';
      return expectCount(writes.length, 2, 12, 'the write') ?? expectFailure(outcome);
    }),
  },
  {
    requirement: 'C10',
    title: 'a guarded PATCH is repeated after a 503, still guarded',
    task: 'update',
    answer: readsAndWrites(
      () => ok(),
      (number) => (number === 1 ? error(503) : ok('"11"', { version: '1.32' })),
    ),
    judge: each((outcome) => {
      const writes = only(outcome.received, 'PATCH');
      if (writes.length > 1 && writes.some(({ headers }) => headers['if-match'] === undefined))
        return 'it repeated a PATCH without If-Match';
      return expectCount(writes.length, 2, 2, 'the PATCH') ?? expectSuccess(outcome);
    }),
  },
  {
    requirement: 'C10',
    title: 'a DELETE is repeated after a 503, and a 404 of the repetition is success',
    task: 'delete',
    answer: (received) => (only(received, 'DELETE').length === 1 && received.at(-1)?.method === 'DELETE' ? error(503) : error(404)),
    judge: each((outcome) => expectCount(only(outcome.received, 'DELETE').length, 2, 2, 'the DELETE') ?? expectSuccess(outcome)),
  },
  {
    requirement: 'C11',
    title: 'a POST whose fate is unknown is not repeated blindly',
    task: 'create',
    answer: readsAndWrites(
      () => error(404),
      () => error(503),
    ),
    judge: each((outcome) => expectNoBlindRepetition(outcome) ?? expectFailure(outcome)),
  },
  {
    requirement: 'C11',
    title: 'nor is one whose answer got lost',
    task: 'create',
    answer: readsAndWrites(
      () => error(404),
      () => ({ status: 201, isLost: true }),
    ),
    judge: each((outcome) => expectNoBlindRepetition(outcome) ?? expectFailure(outcome)),
  },
  {
    requirement: 'C13',
    title: 'a write that is refused with 400 ends the update, and the body reaches the person',
    task: 'update',
    answer: readsAndWrites(
      () => ok(),
      () => error(400),
    ),
    judge: each(
      (outcome) => expectCount(only(outcome.received, 'PATCH').length, 1, 1, 'the write') ?? expectFailure(outcome) ?? expectSaid(outcome),
    ),
  },
  {
    requirement: 'C13',
    title: 'so does one for a cluster that is gone meanwhile',
    task: 'update',
    answer: inOrder(ok(), error(404)),
    judge: each((outcome) => expectCount(outcome.received.length, 2, 2, 'a request') ?? expectFailure(outcome) ?? expectSaid(outcome)),
  },
];
