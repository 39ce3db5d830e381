import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@openkupe/contract';
import type { ClusterEngine } from '../../engines/engine.ts';
import type { Log } from '../../log/log.ts';
import type { SecretValues, Values } from '../../secrets-backend/secret-values.ts';
import type { Resource, SecretObserved, SecretPlace } from '../../store/resource.ts';
import type { LeasedWork, Store } from '../../store/store.ts';
import type { StepOutcome } from '../outcome.ts';
import { observedTargets, type PutResult } from './observed-targets.ts';
import { type ClustersInSight, planSecret, type WantedTarget, withoutPlace } from './plan-secret.ts';

export interface SecretPorts {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly values: SecretValues;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between two looks at a secret whose targets wait or fail; clients give up waiting after two minutes. */
const WAITING_CHECK_MS = 5_000;
/** Between two looks at one that is as it should be: how long a change in the vault may go unnoticed. */
const STEADY_CHECK_MS = 5 * 60_000;
/** Clusters that are written to at the same time. */
const SIDE_BY_SIDE = 10;
const AT_ONCE: StepOutcome = { outcome: 'again', afterMs: 0 };

/** Load, look, plan, act one step, record. `isOurs` is asked before a cluster is told anything, because clusters know no fences. */
export async function reconcileSecret(ports: SecretPorts, work: LeasedWork, isOurs: () => boolean): Promise<StepOutcome> {
  const { tenant, name } = work.key;
  const secret = await ports.store.get({ kind: 'secret', tenant, name });
  if (!secret) return { outcome: 'done' };
  const step = planSecret(secret, await clustersInSight(ports.store, secret));
  if (step.step === 'note') return record(ports, secret, work, step.observed);
  if (!isOurs()) return AT_ONCE;
  if (step.step === 'remove') return remove(ports, secret, work, step.place);
  if (step.step === 'remove-row') return removeRow(ports, secret, work);
  return bring(ports, secret, work, step.targets, isOurs);
}

/** Only the clusters that the secret is about: one whose row cannot be read keeps no other secret from its clusters, and forgets no place. */
async function clustersInSight(store: Store, { tenant, spec, observed }: Resource<'secret'>): Promise<ClustersInSight> {
  const names = [...new Set([...(spec.sync ?? []), ...observed.places].map(({ cluster }) => cluster))];
  const found = await Promise.all(names.map((name) => store.get({ kind: 'cluster', tenant, name })));
  const staying = found.flatMap((cluster) => (cluster && cluster.deletedAt === undefined ? [cluster] : []));
  return new Map(staying.map(({ name, uid, observed: { readyAt } }) => [name, { uid, isReady: readyAt !== undefined }]));
}

async function record(
  { store, clock }: SecretPorts,
  secret: Resource<'secret'>,
  fence: LeasedWork,
  observed: SecretObserved,
): Promise<StepOutcome> {
  const { kind, tenant, name, uid, observation } = secret;
  const key = { kind, tenant, name };
  const failure = observed.targets.find(({ phase }) => phase === 'Failed');
  const message = failure
    ? `Secret "${name}" could not be brought to cluster "${failure.cluster}": ${failure.message}`
    : `The targets of secret "${name}" were looked at`;
  const isNews = !isDeepStrictEqual(observed.targets, secret.observed.targets);
  await store.commit({
    at: clock.now(),
    writes: [{ verb: 'observe-if', key, uid, expectedObservation: observation, observed, fence }],
    ...(isNews ? { events: [{ key, type: 'observed', message }] } : {}),
  });
  return AT_ONCE;
}

async function remove(ports: SecretPorts, secret: Resource<'secret'>, work: LeasedWork, place: SecretPlace): Promise<StepOutcome> {
  const ref = { tenant: secret.tenant, name: place.cluster, uid: place.clusterUid };
  try {
    const result = await ports.engine.deleteSecret(ref, { namespace: place.namespace, name: place.secretName, owner: secret.uid });
    if (result === 'not-ready') return { outcome: 'again', afterMs: WAITING_CHECK_MS };
  } catch (error) {
    return { outcome: 'failed', what: 'delete-secret', error };
  }
  return record(ports, secret, work, withoutPlace(secret.observed, place));
}

async function removeRow({ store, clock, log }: SecretPorts, secret: Resource<'secret'>, fence: LeasedWork): Promise<StepOutcome> {
  const { kind, tenant, name, uid, resourceVersion } = secret;
  const key = { kind, tenant, name };
  const result = await store.commit({
    at: clock.now(),
    writes: [{ verb: 'delete-if', key, uid, expectedVersion: resourceVersion, fence }],
    events: [{ key, type: 'deleted', message: `Secret "${name}" is gone.` }],
  });
  if (result.outcome === 'stale') return AT_ONCE;
  log.info({ tenant, managedSecret: name }, `Secret "${name}" is gone.`);
  return { outcome: 'done' };
}

/** Puts the values everywhere they are wanted, whether they are there already or not: what somebody changed in a cluster is mended. */
async function bring(
  ports: SecretPorts,
  secret: Resource<'secret'>,
  work: LeasedWork,
  targets: readonly WantedTarget[],
  isOurs: () => boolean,
): Promise<StepOutcome> {
  const hasPlace = targets.some(({ place }) => place !== undefined);
  const reading = hasPlace ? await ports.values.read(secret.tenant, secret.spec.secretPath) : undefined;
  const results: PutResult[] = [];
  let failure: unknown;
  for (let from = 0; reading?.outcome === 'found' && from < targets.length; from += SIDE_BY_SIDE) {
    if (!isOurs()) return AT_ONCE;
    const batch = targets.slice(from, from + SIDE_BY_SIDE).map(({ place }) =>
      put(ports, secret, place, reading.version, reading.values).catch((error: unknown): PutResult => {
        failure = error;
        return 'not-ready';
      }),
    );
    results.push(...(await Promise.all(batch)));
  }
  const observed = observedTargets(secret, targets, reading, results, ports.clock.now());
  if (!isDeepStrictEqual(observed, secret.observed)) return record(ports, secret, work, observed);
  if (failure !== undefined) return { outcome: 'failed', what: 'put-secret', error: failure };
  return { outcome: 'again', afterMs: observed.targets.every(({ phase }) => phase === 'Synced') ? STEADY_CHECK_MS : WAITING_CHECK_MS };
}

async function put(
  { engine }: SecretPorts,
  secret: Resource<'secret'>,
  place: SecretPlace | undefined,
  version: string,
  data: Values,
): Promise<PutResult> {
  if (!place) return undefined;
  const ref = { tenant: secret.tenant, name: place.cluster, uid: place.clusterUid };
  return engine.putSecret(ref, { namespace: place.namespace, name: place.secretName, owner: secret.uid, version, data });
}
