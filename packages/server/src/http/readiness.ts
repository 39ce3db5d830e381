import { type Clock, errorBody } from '@openkupe/contract';
import type { IssuerKeys } from '../auth/issuer-keys.ts';
import type { Reply } from '../errors/reply.ts';
import type { Lifecycle } from '../pipeline/pass-overload.ts';
import type { DamageReport } from '../store/broken-data.ts';
import { type Store, type StoreFailure, StoreUnavailableError } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { describeHeldStep } from '../time/describe-held-step.ts';
import type { RequestIds } from './incoming-request.ts';

/** What {@link createReadiness} needs. */
export interface ReadinessPorts {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly requestIds: RequestIds;
  readonly lifecycle: Pick<Lifecycle, 'isDraining'>;
  readonly store: Pick<Store, 'ping' | 'failure'>;
  readonly confirmedTime: Pick<ConfirmedTime, 'heldStep'>;
  readonly damage: Pick<DamageReport, 'list'>;
  readonly issuerKeys?: Pick<IssuerKeys, 'state' | 'probe'> | undefined;
}

/** The health checks. Neither is rate limited, so neither may be work that a caller can multiply. */
export interface Readiness {
  /** `/livez`, and `/healthz` as before: the process answers, and can still do so tomorrow. 503 where only a restart helps. */
  alive(options?: { readonly isVerbose: boolean }): Reply;
  /** `/startupz`: the start is over, because the store has taken a write; 200 from then on. Asks nothing of the store that `ready` does not. */
  started(options?: { readonly isVerbose: boolean }): Promise<Reply>;
  /**
   * `/readyz`: it also accepts work, and its store can be written. With `?verbose` it lists what was looked at. An OIDC issuer that cannot be
   * used is listed there and makes nothing unready: API keys work without it, and a restart would not mend it.
   */
  ready(options?: { readonly isVerbose: boolean }): Promise<Reply>;
}

/** What the check says, by why the store cannot be written; each names what to do, and no path. */
const NOT_WRITABLE: Readonly<Record<StoreFailure, string>> = {
  full: 'The store cannot be written: its disk is full; make room, nothing has to be restarted',
  moved:
    'The data folder was removed or replaced while the control plane runs; put it back, or stop the control plane and start it on the right folder',
  damaged:
    'The database is damaged; stop the control plane, copy the data folder, then restore a backup or rescue what can be read with sqlite3 and .recover',
  ended: 'The store cannot be written until the control plane is restarted: the thread that writes it has ended; the log says why',
  other: 'The store cannot be written; the log says why',
};

/** Finding out whether the store can be written is a write; all checks within this time are answered from the same one. */
const PING_EVERY_MS = 1_000;

/** How long a check waits for the first write after the start: probes give up after a second. */
const FIRST_WRITE_MS = 500;
const NOT_WRITTEN_YET =
  'The store has not taken its first write yet (the embedded one checks the pages of its database first, about 8 ms a MiB); writes wait';

/** Answers a check: 200, or 503 with what is wrong with the store; with `isVerbose` everything that was looked at. */
function createCheckReply(requestIds: RequestIds) {
  return (message: string | undefined, isVerbose: boolean, furtherChecks: readonly object[] = []): Reply => {
    const storeCheck = message === undefined ? { name: 'store', state: 'ok' } : { name: 'store', state: 'failed', message };
    const checks = isVerbose ? { checks: [storeCheck, ...furtherChecks] } : {};
    return {
      status: message === undefined ? 200 : 503,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'x-request-id': requestIds.next() },
      body: JSON.stringify({ ...(message === undefined ? { status: 'ok' } : errorBody(message)), ...checks }),
    };
  };
}

/** Makes the health checks. */
export function createReadiness({ clock, requestIds, lifecycle, store, damage, confirmedTime, issuerKeys }: ReadinessPorts): Readiness {
  let pinged: { readonly atMs: number; readonly failure: Promise<StoreFailure | undefined> } | undefined;
  let isRunning = false;
  let hasEnded = false;
  let hasStarted = false;

  const replyTo = createCheckReply(requestIds);
  const ping = async () => {
    isRunning = true;
    try {
      await store.ping();
      hasStarted = true;
      return undefined;
    } catch (error) {
      return error instanceof StoreUnavailableError ? error.failure : 'other';
    } finally {
      isRunning = false;
      hasEnded = true;
    }
  };
  const pingAgain = () => {
    pinged = { atMs: clock.monotonic(), failure: ping() };
    return pinged.failure;
  };
  const failure = async () => {
    if (!pinged || (!isRunning && clock.monotonic() - pinged.atMs >= PING_EVERY_MS)) pingAgain();
    const found = await pinged?.failure;
    // A full disk and a folder that went are seen without a write. Once the store sees neither, what was found before says nothing about the next write.
    const isOver = (found === 'full' || found === 'moved') && store.failure() === undefined;
    return isOver ? await (isRunning ? pinged?.failure : pingAgain()) : found;
  };

  /** Whether the first write after the start still waits. */
  async function isBeforeFirstWrite(found: Promise<unknown>): Promise<boolean> {
    if (hasEnded) return false;
    const ended = new AbortController();
    await Promise.race([found, clock.sleep(FIRST_WRITE_MS, ended.signal).catch(() => {})]);
    ended.abort();
    return !hasEnded;
  }

  async function whyNotWritable(): Promise<string | undefined> {
    const asked = failure();
    if (await isBeforeFirstWrite(asked)) return NOT_WRITTEN_YET;
    const found = (await asked) ?? store.failure();
    return found && NOT_WRITABLE[found];
  }

  /** What is stored and cannot be read makes nothing unready: it affects only what needs it. */
  const dataCheck = () => {
    const names = damage.list();
    if (names.length === 0) return { name: 'data', state: 'ok' };
    return { name: 'data', state: 'failed', message: `Cannot be read: ${names.join(', ')}; the log says why` };
  };

  /** Asks the issuer again, at most once in five seconds and without waiting for it, and says how it stood. */
  const issuerCheck = () => {
    if (!issuerKeys) return [];
    void issuerKeys.probe();
    return [{ name: 'oidc-issuer', ...issuerKeys.state }];
  };

  /** A step of the wall clock that is held back makes nothing unready: all but bills and expiry goes on. */
  const clockCheck = () => {
    const step = confirmedTime.heldStep();
    return { name: 'clock', ...(step ? { state: 'held', message: describeHeldStep(step) } : { state: 'ok' }) };
  };

  return {
    alive: ({ isVerbose } = { isVerbose: false }) => replyTo(store.failure() === 'ended' ? NOT_WRITABLE.ended : undefined, isVerbose),
    async started({ isVerbose } = { isVerbose: false }) {
      return replyTo(hasStarted ? undefined : await whyNotWritable(), isVerbose);
    },
    async ready({ isVerbose } = { isVerbose: false }) {
      if (lifecycle.isDraining) return replyTo('The control plane is shutting down', false);
      const message = await whyNotWritable();
      return replyTo(message, isVerbose, [dataCheck(), clockCheck(), ...issuerCheck()]);
    },
  };
}
