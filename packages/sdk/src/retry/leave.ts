import type { Probe } from '../circuit-breaker/circuit-breaker.ts';
import type { Permit } from '../pace/pacer.ts';
import type { StopReason } from './decide.ts';
import type { Failure } from './failure.ts';
import { factsOf } from './prepare-request.ts';
import { isRepeatable } from './repeatable.ts';
import type { Run } from './run.ts';

/** The leave to send once. */
export interface Leave {
  readonly permit: Permit;
  readonly probe: Probe | undefined;
  readonly queuedMs: number;
}

/** How a call ends without another request; `waitMs` is when to try again. */
export function endedHere(run: Run, stopReason: StopReason, waitMs?: number): Failure {
  return {
    stopReason,
    outcome: run.mayHaveHappened ? 'unknown' : 'not-applied',
    retryable: stopReason !== 'credential-refused',
    retryAt: waitMs === undefined ? undefined : new Date(run.engine.clock.now() + waitMs),
    attempts: run.attempts,
    before: run.lastFailure,
  };
}

/** How a call ends whose credential was just refused: repeats would only make the penalty grow. */
function refusedCredential(run: Run): Failure | undefined {
  const openForMs = run.call.isPublic ? 0 : run.engine.shared.credentialBreaker.openForMs();
  return openForMs > 0 ? endedHere(run, 'credential-refused', openForMs) : undefined;
}

/** Waits while the circuit breaker of the call is open. Returns the role of the probe if the call has it, and how it ends if it fails fast. */
async function passBreaker(run: Run): Promise<Probe | Failure | undefined> {
  const { engine, call, scope, attempts } = run;
  const { breakers } = engine.shared;
  for (;;) {
    const breaker = breakers?.openFor(call);
    if (!breaker) return undefined;
    let probe = breakers?.tryProbe(breaker, call);
    if (!probe) {
      const probeInMs = Math.max(0, breaker.probeAt - engine.clock.monotonic());
      if (engine.policy.onOpenCircuit === 'fail-fast') return endedHere(run, 'circuit-open', probeInMs);
      engine.emit({ type: 'circuit-open', call, probeInMs, waitingCalls: breaker.waitingCount + 1 });
      probe = await breaker.wait({ attempts: attempts.length, isRepeatable: isRepeatable(factsOf(run)) }, scope.signal);
    }
    if (!probe) continue;
    engine.emit({ type: 'probe', call });
    return probe;
  }
}

/** Waits for everything that has to be waited for before sending: the credential, the budget, the circuit breaker, the queue, the rate. */
export async function waitForLeave(run: Run): Promise<Leave | Failure> {
  const { engine, call, scope, slot } = run;
  const { pacer, breakers, budget } = engine.shared;
  const since = engine.clock.monotonic();
  const priority = call.isBackground ? 2 : run.attempts.length > 0 ? 0 : 1;
  const isPatient = (quietMs: number) => quietMs <= Math.min(engine.policy.patienceMs, scope.leftMs());
  const refused = refusedCredential(run);
  if (refused) return refused;
  if (run.attempts.length > 0 && !slot) await budget.take(scope.signal);
  for (;;) {
    const probe = await passBreaker(run);
    if (probe && 'stopReason' in probe) return probe;
    try {
      const permit = await pacer.acquire({ priority, signal: scope.signal, isPatient, slot });
      const stop = 'tooLongMs' in permit ? endedHere(run, 'wait-longer-than-patience', permit.tooLongMs) : refusedCredential(run);
      if ('release' in permit) {
        if (!stop && (probe || !breakers?.openFor(call))) return { permit, probe, queuedMs: engine.clock.monotonic() - since };
        permit.release();
      }
      probe?.end();
      if (stop) return stop;
    } catch (reason) {
      probe?.end();
      throw reason;
    }
  }
}
