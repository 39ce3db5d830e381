import type { Probe } from '../outage/failure-domain.ts';
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
    retryable: stopReason !== 'credential-fuse',
    retryAt: waitMs === undefined ? undefined : new Date(run.engine.clock.now() + waitMs),
    attempts: run.attempts,
    before: run.lastFailure,
  };
}

/** How a call ends whose credential was just refused: repeats would only make the penalty grow. */
function refusedCredential(run: Run): Failure | undefined {
  const blownForMs = run.call.isPublic ? 0 : run.engine.shared.fuse.blownForMs();
  return blownForMs > 0 ? endedHere(run, 'credential-fuse', blownForMs) : undefined;
}

/**
 * Waits while what the call needs is down. Returns the role of the probe if the call is the one that is sent to look, and how it ends
 * if it does not want to wait.
 */
async function passOutage(run: Run): Promise<Probe | Failure | undefined> {
  const { engine, call, scope, attempts } = run;
  const { outage } = engine.shared;
  for (;;) {
    const domain = outage?.blocking(call);
    if (!domain) return undefined;
    let probe = outage?.tryProbe(domain, call);
    if (!probe) {
      const probeInMs = Math.max(0, domain.probeAt - engine.clock.monotonic());
      if (engine.policy.onOutage === 'fail-fast') return endedHere(run, 'outage', probeInMs);
      engine.emit({ type: 'parked', call, probeInMs, parkedCalls: domain.parkedCount + 1 });
      probe = await domain.park({ attempts: attempts.length, isRepeatable: isRepeatable(factsOf(run)) }, scope.signal);
    }
    if (!probe) continue;
    engine.emit({ type: 'probe', call });
    return probe;
  }
}

/** Waits for everything that has to be waited for before sending: the credential, the budget, the outage, the queue, the rate. */
export async function waitForLeave(run: Run): Promise<Leave | Failure> {
  const { engine, call, scope, slot } = run;
  const { pacer, outage, budget } = engine.shared;
  const since = engine.clock.monotonic();
  const priority = call.isBackground ? 2 : run.attempts.length > 0 ? 0 : 1;
  const isPatient = (quietMs: number) => quietMs <= Math.min(engine.policy.patienceMs, scope.leftMs());
  const refused = refusedCredential(run);
  if (refused) return refused;
  if (run.attempts.length > 0 && !slot) await budget.take(scope.signal);
  for (;;) {
    const probe = await passOutage(run);
    if (probe && 'stopReason' in probe) return probe;
    try {
      const permit = await pacer.acquire({ priority, signal: scope.signal, isPatient, slot });
      const stop = 'tooLongMs' in permit ? endedHere(run, 'wait-longer-than-patience', permit.tooLongMs) : refusedCredential(run);
      if ('release' in permit) {
        if (!stop && (probe || !outage?.blocking(call))) return { permit, probe, queuedMs: engine.clock.monotonic() - since };
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
