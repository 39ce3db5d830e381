import type { PutSecretResult } from '../../engines/engine.ts';
import type { Reading } from '../../secrets-backend/secret-values.ts';
import type { Resource, SecretObserved, TargetStatus } from '../../store/resource.ts';
import type { WantedTarget } from './plan-secret.ts';

/** The outcome of writing the values to one target; `undefined` when none was tried. */
export type PutResult = PutSecretResult | undefined;

type Judgement = Pick<TargetStatus, 'phase' | 'message' | 'version'>;

function judge(secret: Resource<'secret'>, target: WantedTarget, reading: Reading | undefined, result: PutResult): Judgement {
  if (!target.place) return { phase: 'Pending', message: target.waitingFor };
  if (!reading) return { phase: 'Pending', message: 'The values have to be read' };
  if (reading.outcome === 'missing') return { phase: 'Failed', message: `There are no values at the path "${secret.spec.secretPath}"` };
  if (reading.outcome !== 'found') return { phase: 'Failed', message: reading.message };
  const { cluster, namespace, secretName } = target;
  if (result === 'stored') return { phase: 'Synced', message: '', version: reading.version };
  if (result === 'owned-by-another') {
    const message = `Secret "${secretName}" in namespace "${namespace}" of cluster "${cluster}" belongs to somebody else; choose another secretName`;
    return { phase: 'Failed', message };
  }
  if (typeof result === 'object') return { phase: 'Failed', message: `Cluster "${cluster}" refuses the Secret: ${result.refused}` };
  return { phase: 'Pending', message: `Cluster "${cluster}" does not answer` };
}

const isGood = (targets: readonly TargetStatus[]) => targets.every(({ phase }) => phase === 'Synced');

/** The status of a secret after writing to its targets. Pure; deeply equal to the stored one when nothing changed. */
export function nextTargets(
  secret: Resource<'secret'>,
  targets: readonly WantedTarget[],
  reading: Reading | undefined,
  results: readonly PutResult[],
  now: number,
): SecretObserved {
  const { observed } = secret;
  const next = targets.map((target, index): TargetStatus => {
    const { cluster, namespace, secretName } = target;
    const judgement = judge(secret, target, reading, results[index]);
    const before = observed.targets.find(
      (known) => known.cluster === cluster && known.namespace === namespace && known.secretName === secretName,
    );
    const isUnchanged = before?.phase === 'Synced' && before.version === judgement.version;
    const syncedAt = judgement.phase === 'Synced' ? ((isUnchanged ? before.syncedAt : undefined) ?? now) : undefined;
    return { cluster, namespace, secretName, ...judgement, ...(syncedAt === undefined ? {} : { syncedAt }) };
  });
  const wasGood = observed.observedGeneration > 0 && isGood(observed.targets);
  return {
    observedGeneration: secret.generation,
    places: observed.places,
    targets: next,
    changedAt: wasGood === isGood(next) ? observed.changedAt : now,
  };
}
