import type { StopReason } from '@openkupe/contract/retry/decide';
import type { CallState } from './call-state.ts';
import type { Probe } from './circuit-breaker/circuit-breaker.ts';
import type { Permit } from './pace/pacer.ts';
import type { Failure } from './retry/failure.ts';

/** The right to send one request now. Both parts have to be released. */
export interface SendPermit {
  readonly permit: Permit;
  /** Set when the request is the probe of an open circuit breaker. */
  readonly probe: Probe | undefined;
  /** How long it took to get it, in milliseconds. */
  readonly queuedMs: number;
}

/** How a call ends that is not sent, or not sent again; `waitMs` is when to try again, in milliseconds from now. */
export function endedUnsent({ engine, attempts, progress }: CallState, stopReason: StopReason, waitMs?: number): Failure {
  return {
    stopReason,
    outcome: progress.mayHaveHappened ? 'unknown' : 'not-applied',
    retryable: stopReason !== 'credential-refused',
    retryAt: waitMs === undefined ? undefined : new Date(engine.clock.now() + waitMs),
    attempts,
    before: progress.lastFailure,
  };
}

/** How a call ends whose credential was just refused: a repeat would only make the server's penalty grow. */
function credentialRefused(state: CallState): Failure | undefined {
  const openForMs = state.call.isPublic ? 0 : state.engine.shared.credentialBreaker.openForMs();
  return openForMs > 0 ? endedUnsent(state, 'credential-refused', openForMs) : undefined;
}

/**
 * Waits, in this order, for the retry budget if the call was sent before, for the circuit breaker, and for the pacer. Ends the call if its
 * credential was refused, before or meanwhile, or if a wait is longer than it allows. Throws the signal's reason when it aborts.
 */
export async function waitForPermit(state: CallState, isRepeatable: boolean): Promise<SendPermit | Failure> {
  const { engine, call, scope, attempts, progress } = state;
  const { pacer, breakers, budget } = engine.shared;
  const since = engine.clock.monotonic();
  const { signal } = scope;
  const { slot } = progress;
  const priority = call.isBackground ? 2 : attempts.length > 0 ? 0 : 1;
  const isPatient = (quietMs: number) => quietMs <= Math.min(engine.policy.maxRetryAfterMs, scope.leftMs());
  const refused = credentialRefused(state);
  if (refused) return refused;
  if (attempts.length > 0 && !slot) await budget.take(signal);
  const isFailingFast = engine.policy.onOpenCircuit === 'fail-fast';
  const onWait = (probeInMs: number, waitingCalls: number) => engine.emit({ type: 'circuit-open', call, probeInMs, waitingCalls });
  for (;;) {
    const probe = await breakers?.admit(call, { attempts: attempts.length, isRepeatable, signal, isFailingFast, onWait });
    if (probe && 'openForMs' in probe) return endedUnsent(state, 'circuit-open', probe.openForMs);
    if (probe) engine.emit({ type: 'probe', call });
    let pass: SendPermit | undefined;
    try {
      const permit = await pacer.acquire({ priority, signal, isPatient, hasReservedSlot: slot === 'reserved' });
      if ('tooLongMs' in permit) return endedUnsent(state, 'retry-after-too-long', permit.tooLongMs);
      const stop = credentialRefused(state);
      if (!stop && (probe || !breakers?.isOpenFor(call))) {
        pass = { permit, probe, queuedMs: engine.clock.monotonic() - since };
        return pass;
      }
      permit.release();
      if (stop) return stop;
    } finally {
      if (!pass) probe?.end();
    }
  }
}
