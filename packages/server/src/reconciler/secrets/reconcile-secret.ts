import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@openkupe/contract';
import type { ClusterEngine, ClusterRef } from '../../engines/engine.ts';
import type { Log } from '../../log/log.ts';
import type { SecretValues, Values } from '../../secrets-backend/secret-values.ts';
import type { Resource, SecretObserved, SecretPlace } from '../../store/resource.ts';
import type { LeasedWork, Store } from '../../store/store.ts';
import { deleteIf, keyOf, observeIf } from '../../store/writes.ts';
import { AT_ONCE, type StepOutcome } from '../outcome.ts';
import { planSecret, type TargetClusters, type WantedTarget, withoutPlace } from './plan-secret.ts';
import { nextTargets, type PutResult } from './target-statuses.ts';

/** What the reconciliation of secrets needs. */
export interface SecretPorts {
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly values: SecretValues;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between two checks of a secret with waiting or failed targets; clients stop waiting after two minutes. */
const WAITING_CHECK_MS = 5_000;
/** Between two checks of a synced one: how long a change in the secrets backend may go unnoticed. */
const STEADY_CHECK_MS = 5 * 60_000;
/** Clusters that are written to at the same time. */
const CONCURRENT_WRITES = 10;

/** Load, plan, act one step, record. `holdsLease` is checked before every write to a cluster, because clusters have no fencing tokens. */
export async function reconcileSecret(ports: SecretPorts, work: LeasedWork, holdsLease: () => boolean): Promise<StepOutcome> {
  const { tenant, name } = work.key;
  const secret = await ports.store.get({ kind: 'secret', tenant, name });
  if (!secret) return { outcome: 'done' };
  const clusters = await targetClusters(ports.store, secret);
  const step = planSecret(secret, clusters);
  if (step.step === 'note') return record(ports, secret, work, step.observed);
  if (!holdsLease()) return AT_ONCE;
  if (step.step === 'remove') return remove(ports, secret, work, step.place, refTo(clusters, secret, step.place));
  if (step.step === 'remove-row') return removeRow(ports, secret, work);
  return putEverywhere(ports, secret, work, step.targets, clusters, holdsLease);
}

/** Only the clusters that the secret refers to: an unreadable cluster row then stops no other secret, and drops no place. */
async function targetClusters(store: Store, { tenant, spec, observed }: Resource<'secret'>): Promise<TargetClusters> {
  const names = [...new Set([...(spec.sync ?? []), ...observed.places].map(({ cluster }) => cluster))];
  const found = await Promise.all(names.map((name) => store.get({ kind: 'cluster', tenant, name })));
  const staying = found.flatMap((cluster) => (cluster && cluster.deletedAt === undefined ? [cluster] : []));
  return new Map(
    staying.map(({ name, uid, spec: { type }, observed: { readyAt } }) => [name, { uid, type, isReady: readyAt !== undefined }]),
  );
}

async function record(
  { store, clock }: SecretPorts,
  secret: Resource<'secret'>,
  fence: LeasedWork,
  observed: SecretObserved,
): Promise<StepOutcome> {
  const { name } = secret;
  const failure = observed.targets.find(({ phase }) => phase === 'Failed');
  const message = failure
    ? `Secret "${name}" could not be brought to cluster "${failure.cluster}": ${failure.message}`
    : `The targets of secret "${name}" were looked at`;
  const isNews = !isDeepStrictEqual(observed.targets, secret.observed.targets);
  await store.commit({
    at: clock.now(),
    writes: [observeIf(secret, observed, fence)],
    ...(isNews ? { events: [{ key: keyOf(secret), type: 'observed', message }] } : {}),
  });
  return AT_ONCE;
}

/** The cluster of a place, which the plan has found among `clusters`. */
function refTo(clusters: TargetClusters, { tenant }: Resource<'secret'>, place: SecretPlace): ClusterRef {
  return { tenant, name: place.cluster, uid: place.clusterUid, type: clusters.get(place.cluster)?.type ?? 'shared' };
}

async function remove(
  ports: SecretPorts,
  secret: Resource<'secret'>,
  work: LeasedWork,
  place: SecretPlace,
  ref: ClusterRef,
): Promise<StepOutcome> {
  try {
    const result = await ports.engine.deleteSecret(ref, { namespace: place.namespace, name: place.secretName, owner: secret.uid });
    if (result === 'not-ready') return { outcome: 'again', afterMs: WAITING_CHECK_MS };
  } catch (error) {
    return { outcome: 'failed', what: 'delete-secret', error };
  }
  return record(ports, secret, work, withoutPlace(secret.observed, place));
}

async function removeRow({ store, clock, log }: SecretPorts, secret: Resource<'secret'>, fence: LeasedWork): Promise<StepOutcome> {
  const { tenant, name } = secret;
  const result = await store.commit({
    at: clock.now(),
    writes: [deleteIf(secret, fence)],
    events: [{ key: keyOf(secret), type: 'deleted', message: `Secret "${name}" is gone.` }],
  });
  if (result.outcome === 'stale') return AT_ONCE;
  log.info({ tenant, managedSecret: name }, `Secret "${name}" is gone.`);
  return { outcome: 'done' };
}

/** Writes the values to every target, also those that have them already, so that changes made inside a cluster are reverted. */
async function putEverywhere(
  ports: SecretPorts,
  secret: Resource<'secret'>,
  work: LeasedWork,
  targets: readonly WantedTarget[],
  clusters: TargetClusters,
  holdsLease: () => boolean,
): Promise<StepOutcome> {
  const hasPlace = targets.some(({ place }) => place !== undefined);
  const reading = hasPlace ? await ports.values.read(secret.tenant, secret.spec.secretPath) : undefined;
  const results: PutResult[] = [];
  let failure: unknown;
  for (let from = 0; reading?.outcome === 'found' && from < targets.length; from += CONCURRENT_WRITES) {
    if (!holdsLease()) return AT_ONCE;
    const batch = targets.slice(from, from + CONCURRENT_WRITES).map(({ place }) =>
      put(ports, secret, place, place && refTo(clusters, secret, place), reading.version, reading.values).catch(
        (error: unknown): PutResult => {
          failure = error;
          return 'not-ready';
        },
      ),
    );
    results.push(...(await Promise.all(batch)));
  }
  const observed = nextTargets(secret, targets, reading, results, ports.clock.now());
  if (!isDeepStrictEqual(observed, secret.observed)) return record(ports, secret, work, observed);
  if (failure !== undefined) return { outcome: 'failed', what: 'put-secret', error: failure };
  return { outcome: 'again', afterMs: observed.targets.every(({ phase }) => phase === 'Synced') ? STEADY_CHECK_MS : WAITING_CHECK_MS };
}

async function put(
  { engine }: SecretPorts,
  secret: Resource<'secret'>,
  place: SecretPlace | undefined,
  ref: ClusterRef | undefined,
  version: string,
  data: Values,
): Promise<PutResult> {
  if (!place || !ref) return undefined;
  return engine.putSecret(ref, { namespace: place.namespace, name: place.secretName, owner: secret.uid, version, data });
}
