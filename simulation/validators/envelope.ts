import { AUTH_BACKOFF } from '../../packages/server/src/auth/backoff/auth-backoff.ts';
import { checkAgainstContract } from '../../packages/server/src/testing/check-against-contract.ts';
import type { Validator } from '../world/observers.ts';

/** The longest wait that an answer may ask for, in seconds. */
const LONGEST_WAIT_SECONDS = AUTH_BACKOFF.longestWaitMs / 1000;

/** Every answer has a status and a body that the route's row lists, and a `Retry-After` is a whole number of seconds up to the cap. */
export const envelope: Validator = {
  name: 'envelope',
  answered({ request: { method, url }, response: { status, headers, text } }) {
    const { pathname } = new URL(url);
    const named = ['content-type', 'etag'].map((name) => [name, headers.get(name)] as const);
    checkAgainstContract(method, pathname, { status, text, headers: Object.fromEntries(named.filter(([, value]) => value !== undefined)) });
    const wait = headers.get('retry-after');
    if (status === 429 && wait === undefined) throw new Error(`${method} ${pathname} was answered 429 without Retry-After`);
    if (wait === undefined || wait === null) return;
    if (!/^[1-9]\d*$/.test(wait) || Number(wait) > LONGEST_WAIT_SECONDS) throw new Error(`Retry-After is "${wait}" with ${status}`);
  },
};
