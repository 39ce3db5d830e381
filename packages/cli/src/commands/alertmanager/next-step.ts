import type { FailureDetails, NextStep } from '../../failure/failure.ts';

/** What to run after a failure that concerns a receiver. */
export function nextForReceiver({ status }: FailureDetails): NextStep | undefined {
  if (status === 404) return { run: 'openkupe alertmanager receiver list', why: 'shows the receivers there are' };
  if (status === 409) return { run: 'openkupe alertmanager route list', why: 'shows which routes name it' };
  return nextForConfiguration({ status } as FailureDetails);
}

/** What to run after a failure that concerns a route. */
export function nextForRoute({ status }: FailureDetails): NextStep | undefined {
  return status === 404 || status === 412
    ? { run: 'openkupe alertmanager route list', why: 'shows the routes and their places' }
    : undefined;
}

/** What to run after a failure that concerns the configuration. */
export function nextForConfiguration({ status }: FailureDetails): NextStep | undefined {
  return status === 412 || status === 409 ? { run: 'openkupe alertmanager get', why: 'shows what is there now' } : undefined;
}
