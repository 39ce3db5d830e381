import type { ApiCall } from '../call.ts';
import type { CallScope } from '../call-scope.ts';
import type { Engine } from '../engine.ts';
import { type ErrorClass, RateLimitedError, UnauthenticatedError, UnavailableError } from '../errors/by-status.ts';
import type { ErrorDetails, KupeError } from '../errors/kupe-error.ts';
import type { FailureDomain } from '../outage/failure-domain.ts';
import { QuietTooLong, type Turn } from '../pace/pacer.ts';
import { factsOf } from './prepare-request.ts';
import { isRepeatable } from './repeatable.ts';
import type { AttemptRecord } from './trace.ts';

/** The state of one call between its attempts. */
export interface Run {
  readonly engine: Engine;
  readonly call: ApiCall;
  readonly scope: CallScope;
  readonly key: string | undefined;
  readonly attempts: AttemptRecord[];
  countedAttempts: number;
  mayHaveHappened: boolean;
  /** The error that the call ends with if nothing better comes. */
  lastError: KupeError | undefined;
  /** The server keeps a slot for the next attempt. */
  isReserved: boolean;
  /** How many requests of the client had been accepted when the last attempt ended. */
  acceptedBefore: number;
}

/** The leave to send once. */
export interface Leave {
  readonly turn: Turn;
  readonly probe: FailureDomain | undefined;
  readonly queuedMs: number;
}

/** An error for a call that ends without another request. */
export function endedHere(run: Run, Class: ErrorClass, message: string, details: ErrorDetails): KupeError {
  const outcome = run.mayHaveHappened ? 'unknown' : 'not-applied';
  return new Class(message, { attempts: run.attempts, retryable: true, outcome, cause: run.lastError, ...details });
}

/** Ends the call if its credential was just refused: repeats would only make the penalty grow. */
export function checkFuse(run: Run): void {
  const { engine, call } = run;
  const blownMs = engine.shared.fuse.blownForMs();
  if (blownMs === 0 || call.isPublic) return;
  throw endedHere(run, UnauthenticatedError, 'The API key was just refused with 401, so nothing was sent; use another key', {
    status: 401,
    stopReason: 'credential-fuse',
    retryable: false,
    retryAt: new Date(engine.clock.now() + blownMs),
  });
}

/** Waits while what the call needs is down. Returns the domain if the call is the one that is sent to look. */
async function passOutage(run: Run): Promise<FailureDomain | undefined> {
  const { engine, call, scope, attempts } = run;
  for (;;) {
    const domain = engine.shared.outage.blocking(call);
    if (!domain) return undefined;
    if (!domain.tryProbe()) {
      const probeInMs = Math.max(0, domain.probeAt - engine.clock.monotonic());
      if (engine.policy.onOutage === 'fail-fast')
        throw endedHere(run, UnavailableError, 'The service is known to be down, so nothing was sent; try again later', {
          stopReason: 'outage',
          retryAt: new Date(engine.clock.now() + probeInMs),
        });
      engine.emit({ type: 'parked', call, probeInMs, parkedCalls: domain.parkedCount + 1 });
      const facts = factsOf(engine, call, run.key);
      if ((await domain.park(attempts.length, isRepeatable(facts), scope.signal)) === 'released') continue;
    }
    engine.emit({ type: 'probe', call });
    return domain;
  }
}

/** Waits for everything that has to be waited for before sending: the outage, the queue, the rate. */
export async function waitForLeave(run: Run): Promise<Leave> {
  const { engine, call, scope } = run;
  const { pacer, outage } = engine.shared;
  const since = engine.clock.monotonic();
  const priority = call.isBackground ? 2 : run.attempts.length > 0 ? 0 : 1;
  const isPatient = (quietMs: number) => quietMs <= Math.min(engine.policy.patienceMs, scope.leftMs());
  for (;;) {
    const probe = await passOutage(run);
    try {
      const isKept = run.isReserved || (pacer.hasSlots && run.attempts.at(-1)?.outcome === 'rate-limited');
      const turn = isKept ? pacer.claim() : await pacer.turn(priority, scope.signal, isPatient);
      run.isReserved = false;
      if (probe || !outage.blocking(call)) return { turn, probe, queuedMs: engine.clock.monotonic() - since };
      turn.ended();
    } catch (error) {
      probe?.giveUpProbe();
      if (!(error instanceof QuietTooLong)) throw error;
      throw endedHere(run, RateLimitedError, `${error.message}; try again then`, {
        stopReason: 'wait-longer-than-patience',
        retryAt: new Date(engine.clock.now() + error.waitMs),
      });
    }
  }
}
