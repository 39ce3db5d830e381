import type { Clock } from '@openkupe/contract';
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../log/log.ts';
import { boundedFetch, jsonOf, reasonOf } from '../outgoing/bounded-fetch.ts';

/** Each answer of the issuer may take this long, whole. */
const ISSUER_TIMEOUT_MS = 3_000;
/** After a failed discovery no request waits for the issuer again until this has passed; keys are fetched again no sooner. */
const PAUSE_MS = 5_000;
/** A discovery document has about 5 KB, and a key less than 4 KB with its certificates. */
const ANSWER_BYTES = 256 * 1024;

/** What is known of the issuer, for its operator: `untried`, `ok`, or one sentence that says what is wrong. */
export type IssuerState = { readonly state: 'untried' | 'ok' } | { readonly state: 'failed'; readonly message: string };

/** The keys of one issuer, found by OpenID Connect Discovery 1.0. */
export interface IssuerKeys {
  /** Whether the issuer failed a moment ago and there are no keys without it, so that nothing is asked for now. */
  readonly isPaused: boolean;
  /** Whether the keys were fetched too lately to be fetched again. */
  readonly wereJustFetched: boolean;
  /** Whether a key of this name is among those that are known; without a name, whether any is. */
  has(kid: string | undefined): boolean;
  /** The key for a token. Rejects with an error of `jose` when there is none, and with another one when the issuer does not answer. */
  readonly find: JWTVerifyGetKey;
  readonly state: IssuerState;
  /** Asks the issuer unless that was done already or failed a moment ago. Never rejects. */
  probe(): Promise<void>;
}

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** What is wrong with an issuer, in words for its operator. */
class IssuerProblem extends Error {
  override readonly name = 'IssuerProblem';
}

/** Reads one document of the issuer. */
async function readJson(address: URL, signal: AbortSignal): Promise<unknown> {
  const asked = { signal, mostBytes: ANSWER_BYTES, headers: { accept: 'application/json' } };
  const answer = await boundedFetch(address, asked).catch((error) => {
    throw new IssuerProblem(`${address.href} cannot be read: ${reasonOf(error)}`);
  });
  if (answer.status !== 200) throw new IssuerProblem(`${address.href} answered ${answer.status}`);
  const value = jsonOf(answer);
  if (value === undefined) throw new IssuerProblem(`${address.href} answered something that is not JSON`);
  return value;
}

/** Reads the keys. Without any, or malformed, those that are known stay: it is a fault of the issuer, not a withdrawal of all its keys. */
async function readKeys(address: URL, signal: AbortSignal): Promise<object> {
  const value = await readJson(address, signal);
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new IssuerProblem(`${address.href} answered no keys`);
  if (!keys.every((key) => typeof key === 'object' && key !== null && !Array.isArray(key)))
    throw new IssuerProblem(`${address.href} answered keys that are malformed`);
  return value as object;
}

/** Finds the key set. The address of the document is the issuer, less one slash at its end, and the path (Discovery §4.1). */
async function discover(issuer: string, onKeys: () => void): Promise<KeySet> {
  const location = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const document = (await readJson(location, AbortSignal.timeout(ISSUER_TIMEOUT_MS))) as { issuer?: unknown; jwks_uri?: unknown } | null;
  // "The issuer value returned MUST be identical to the Issuer URL" (Discovery §4.3).
  if (document?.issuer !== issuer) {
    const named = JSON.stringify(document?.issuer)?.slice(0, 200) ?? 'none';
    throw new IssuerProblem(`${location.href} names the issuer ${named}; set OPENKUPE_OIDC_ISSUER to exactly that, or correct the issuer`);
  }
  const { jwks_uri: address } = document;
  if (typeof address !== 'string' || !URL.canParse(address)) throw new IssuerProblem(`${location.href} has no usable jwks_uri`);
  // NOTE: a document that came over TLS may not point to keys that do not: they decide who is admitted.
  if (new URL(address).protocol !== location.protocol && new URL(address).protocol !== 'https:')
    throw new IssuerProblem(`${location.href} names keys at ${address}, which is not https`);
  return createRemoteJWKSet(new URL(address), {
    timeoutDuration: ISSUER_TIMEOUT_MS,
    cooldownDuration: PAUSE_MS,
    [customFetch]: async (url, { signal }) => {
      const keys = await readKeys(new URL(url), signal);
      onKeys();
      return Response.json(keys);
    },
  });
}

/** Whether an error says something about the issuer rather than about a token. */
export function isIssuerFailure(error: unknown): boolean {
  return error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || !(error instanceof errors.JOSEError);
}

/**
 * The keys of an issuer: found by discovery at the start or at the first token, kept, and fetched again when a token names a key that is
 * not among them, so that a rotation needs no restart. What is wrong with the issuer is logged when it changes, with both values where
 * they differ.
 */
export function createIssuerKeys(issuer: string, { clock, log }: { clock: Clock; log: Pick<Log, 'warn' | 'info'> }): IssuerKeys {
  let keys: Promise<KeySet> | undefined;
  let known: KeySet | undefined;
  let pausedUntil = 0;
  let fetchedWithOffsetMs = 0;
  let state: IssuerState = { state: 'untried' };

  function failed(error: unknown): void {
    const reason = error instanceof IssuerProblem || error instanceof errors.JOSEError ? error.message : reasonOf(error);
    const message = `The OIDC issuer ${issuer} cannot be used: ${reason}`;
    pausedUntil = clock.monotonic() + PAUSE_MS;
    if (state.state !== 'failed' || state.message !== message) log.warn({ issuer, reason }, 'tokens of the OIDC issuer are refused');
    state = { state: 'failed', message };
  }
  function succeeded(): void {
    if (state.state === 'failed') log.info({ issuer }, 'tokens of the OIDC issuer are accepted again');
    state = { state: 'ok' };
  }
  /** The library measures the age of its keys by the wall clock: set back by an hour, it would not fetch a rotated key for an hour. */
  function dropKeysOfAnotherClock(): void {
    const offsetMs = clock.now() - clock.monotonic();
    if (known && Math.abs(offsetMs - fetchedWithOffsetMs) > PAUSE_MS) keys = known = undefined;
    if (!known) fetchedWithOffsetMs = offsetMs;
  }
  function keySet(): Promise<KeySet> {
    dropKeysOfAnotherClock();
    keys ??= discover(issuer, succeeded).then(
      (found) => {
        known = found;
        return found;
      },
      (error) => {
        keys = undefined;
        throw error;
      },
    );
    return keys;
  }
  /** Notes a failure of the issuer, and passes it on. */
  async function noting<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      if (isIssuerFailure(error)) failed(error);
      throw error;
    }
  }
  const has = (kid: string | undefined) => known?.jwks()?.keys.some((key) => kid === undefined || key.kid === kid) ?? false;

  return {
    get isPaused() {
      return clock.monotonic() < pausedUntil && !known?.fresh;
    },
    get wereJustFetched() {
      return known?.coolingDown ?? false;
    },
    get state() {
      return state;
    },
    has,
    async find(header, token) {
      // NOTE: the library remembers when it fetched keys last, not when that failed, so each unknown name of a key would ask again.
      if (clock.monotonic() < pausedUntil && !has(header.kid)) throw new errors.JWKSTimeout();
      return noting(async () => (await keySet())(header, token));
    },
    async probe() {
      if (state.state === 'ok' || clock.monotonic() < pausedUntil) return;
      await noting(async () => (await keySet()).reload()).catch(() => {});
    },
  };
}
