import { formatTime, type Secret, type SecretPhase } from '@openkupe/contract';
import type { Resource, TargetStatus } from '../../store/resource.ts';

/** The phase of a stored secret. A secret without targets is active as soon as the reconciler has seen it. */
export function secretPhase({ deletedAt, generation, observed }: Resource<'secret'>): SecretPhase {
  if (deletedAt !== undefined) return 'Deleting';
  if (observed.targets.some(({ phase }) => phase === 'Failed') && observed.observedGeneration === generation) return 'Degraded';
  const isThere = observed.observedGeneration === generation && observed.targets.every(({ phase }) => phase === 'Synced');
  return isThere ? 'Active' : 'Pending';
}

function readyMessage(secret: Resource<'secret'>, phase: SecretPhase): string {
  if (phase === 'Deleting') return 'What was brought to clusters is being removed';
  if (secret.observed.observedGeneration < secret.generation) return 'The targets have to be looked at';
  return secret.observed.targets.find(({ message }) => message !== '')?.message ?? '';
}

function renderTarget({ syncedAt, ...target }: TargetStatus): Secret['status']['syncStatuses'][number] {
  return { ...target, ...(syncedAt === undefined ? {} : { syncedAt: formatTime(syncedAt) }) };
}

/** A stored secret as the API shows it: path and targets exactly as sent, and no value ever. */
export function renderSecret(secret: Resource<'secret'>): Secret {
  const { spec, observed } = secret;
  const phase = secretPhase(secret);
  return {
    name: secret.name,
    secretPath: spec.secretPath,
    ...(spec.sync ? { sync: spec.sync.map((target) => ({ ...target })) } : {}),
    status: {
      phase,
      conditions: [
        {
          type: 'Ready',
          status: phase === 'Active' ? 'True' : 'False',
          reason: phase,
          message: readyMessage(secret, phase),
          lastTransitionTime: formatTime(secret.deletedAt ?? observed.changedAt),
        },
      ],
      syncStatuses: observed.targets.map(renderTarget),
    },
    resourceVersion: secret.resourceVersion,
    createdAt: formatTime(secret.createdAt),
  };
}
