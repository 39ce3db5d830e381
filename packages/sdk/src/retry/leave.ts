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
  lastError?: KupeError;
  /** Whether the server keeps a slot for the next attempt, or may. */
  slot?: 'promised' | 'maybe' | undefined;
  /** How many requests of the client had been accepted when the last attempt ended. */
  acceptedBefore: number;
}

/** The leave to send once. */
export interface Leave {
  readonly turn: Turn;
  readonly probe: FailureDomain | undefined;
  readonly queuedMs: number;
}

/** An error for a call that ends without another request; `waitMs` is when to try again. */
export function endedHere(
  run: Run,
  Class: ErrorClass,
  message: string,
  { waitMs, ...details }: ErrorDetails & { waitMs?: number },
): KupeError {
  return new Class(message, {
    attempts: run.attempts,
    retryable: true,
    outcome: run.mayHaveHappened ? 'unknown' : 'not-applied',
    cause: run.lastError,
    retryAt: waitMs === undefined ? undefined : new Date(run.engine.clock.now() + waitMs),
    ...details,
  });
}

/** Ends the call if its credential was just refused: repeats would only make the penalty grow. */
function checkFuse(run: Run): void {
  const waitMs = run.call.isPublic ? 0 : run.engine.shared.fuse.blownForMs();
  if (waitMs === 0) return;
  const message = 'The API key was just refused with 401, so nothing was sent; use another key';
  throw endedHere(run, UnauthenticatedError, message, { status: 401, stopReason: 'credential-fuse', retryable: false, waitMs });
}

/** Waits while what the call needs is down. Returns the domain if the call is the one that is sent to look. */
async function passOutage(run: Run): Promise<FailureDomain | undefined> {
  const { engine, call, scope, attempts } = run;
  for (;;) {
    const domain = engine.shared.outage.blocking(call);
    if (!domain) return undefined;
    if (!domain.tryProbe()) {
      const probeInMs = Math.max(0, domain.probeAt - engine.clock.monotonic());
      if (engine.policy.onOutage === 'fail-fast') {
        const message = 'The service is known to be down, so nothing was sent; try again later';
        throw endedHere(run, UnavailableError, message, { stopReason: 'outage', waitMs: probeInMs });
      }
      engine.emit({ type: 'parked', call, probeInMs, parkedCalls: domain.parkedCount + 1 });
      const parked = { attempts: attempts.length, isRepeatable: isRepeatable(factsOf(engine, call, run.key)) };
      if ((await domain.park(parked, scope.signal)) === 'released') continue;
    }
    engine.emit({ type: 'probe', call });
    return domain;
  }
}

/** Waits for everything that has to be waited for before sending: the credential, the outage, the queue, the rate. */
export async function waitForLeave(run: Run): Promise<Leave> {
  const { engine, call, scope, slot } = run;
  const { pacer, outage } = engine.shared;
  const since = engine.clock.monotonic();
  const priority = call.isBackground ? 2 : run.attempts.length > 0 ? 0 : 1;
  const isPatient = (quietMs: number) => quietMs <= Math.min(engine.policy.patienceMs, scope.leftMs());
  for (;;) {
    checkFuse(run);
    const probe = await passOutage(run);
    try {
      const turn = await pacer.turn({ priority, signal: scope.signal, isPatient, slot });
      if (probe || !outage.blocking(call)) return { turn, probe, queuedMs: engine.clock.monotonic() - since };
      turn.ended();
    } catch (error) {
      probe?.giveUpProbe();
      if (!(error instanceof QuietTooLong)) throw error;
      throw endedHere(run, RateLimitedError, error.message, { stopReason: 'wait-longer-than-patience', waitMs: error.waitMs });
    }
  }
}
