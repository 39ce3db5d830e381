import type { Received } from './difficult-server.ts';
import { SENTENCE } from './replies.ts';
import type { Outcome } from './scenario.ts';

/** The requests of one method. */
export const only = (received: readonly Received[], method: string) => received.filter((one) => one.method === method);

/** The pauses between one request and the next, in ms. A busy machine makes them longer, never shorter: only lower bounds are judged. */
export const pausesMs = ({ received }: Outcome): number[] => received.slice(1).map(({ atMs }, at) => atMs - (received[at]?.atMs ?? 0));

/** The sum of the pauses of all runs, in ms, without the first of each: a program that just started is slow on a busy machine anyway. */
export const laterPausesMs = (outcomes: readonly Outcome[]) =>
  outcomes.flatMap((outcome) => pausesMs(outcome).slice(1)).reduce((sum, pauseMs) => sum + pauseMs, 0);

/** A fault unless `found` is from `least` to `most`. */
export const expectCount = (found: number, least: number, most: number, what: string) =>
  found >= least && found <= most
    ? undefined
    : `${what} was sent ${found} times, not ${least === most ? least : `${least} to ${most} times`}`;

export const expectSuccess = ({ exitCode }: Outcome) => (exitCode === 0 ? undefined : `it failed with ${exitCode}`);
export const expectFailure = ({ exitCode }: Outcome) => (exitCode !== 0 ? undefined : 'it reported success');
export const expectSaid = ({ said }: Outcome) => (said.includes(SENTENCE) ? undefined : 'the sentence of the server is lost');
