import { expectCount, expectFailure, expectSaid, expectSuccess, only } from '../expectations.ts';
import { error, inOrder, ok, readsAndWrites, SENTENCE } from '../replies.ts';
import { each, type Outcome, type Scenario } from '../scenario.ts';

const isFinal = (outcome: Outcome) => expectCount(outcome.received.length, 1, 1, 'the request') ?? expectFailure(outcome);

/** What a client must not repeat, and must tell. */
export const STOP: readonly Scenario[] = [
  {
    requirement: 'C1',
    title: 'the status decides, whatever the sentence advises, and the sentence reaches the person',
    task: 'list',
    answer: inOrder({ status: 400, body: { error: `${SENTENCE}: 503, temporarily unavailable, please retry later` } }),
    judge: each((outcome) => isFinal(outcome) ?? expectSaid(outcome)),
  },
  ...[400, 403].map(
    (status): Scenario => ({
      requirement: 'C2',
      title: `a ${status} is not repeated`,
      task: 'get',
      answer: inOrder(error(status)),
      judge: each(isFinal),
    }),
  ),
  {
    requirement: 'C3',
    title: 'a 404 outside of a creation is final',
    task: 'get',
    answer: inOrder(error(404)),
    judge: each(isFinal),
  },
  {
    requirement: 'C3',
    title: 'one of a cluster that was just made is not: it may be readable a moment later',
    task: 'create',
    answer(received) {
      if (received.at(-1)?.method === 'POST') return { ...ok(), status: 201 };
      const posted = received.findIndex(({ method }) => method === 'POST');
      return posted < 0 || received.length === posted + 2 ? error(404) : ok();
    },
    judge: each((outcome) => expectCount(only(outcome.received, 'POST').length, 1, 1, 'the POST') ?? expectSuccess(outcome)),
  },
  {
    requirement: 'C4',
    title: 'a 409 is not repeated',
    task: 'create',
    answer: readsAndWrites(
      () => ok(),
      () => error(409),
    ),
    judge: each((outcome) => expectCount(only(outcome.received, 'POST').length, 1, 1, 'the POST') ?? expectFailure(outcome)),
  },
  ...(['list', 'update'] as const).map(
    (task): Scenario => ({
      requirement: 'C7',
      title: `a 401 ends the ${task}: nothing else is sent with a key that is wrong`,
      task,
      answer: inOrder(error(401)),
      judge: each(isFinal),
    }),
  ),
];
