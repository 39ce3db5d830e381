import type { ClusterRef, ClusterSecret, FilledSecret, PutSecretResult } from '../engine.ts';
import type { KubernetesClient } from './client.ts';
import { ConnectionError, isStatus, KubernetesError } from './kubernetes-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { isMarked, labelsOf } from './labels.ts';

/** A Secret as the API server shows it; `data` is base64. */
interface Secret extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

const SECRETS = { apiVersion: 'v1', plural: 'secrets' };
/** The managed secret that a Secret belongs to, and the version of its values: the same annotations as in the sandbox. */
const OWNER = 'openkupe.dev/secret-uid';
const VERSION = 'openkupe.dev/secret-version';
/** How often a write begins again after the Secret changed between the read and the write. */
const ATTEMPTS = 4;

const isOwnedBy = (secret: Secret, owner: string) => isMarked(secret) && secret.metadata.annotations?.[OWNER] === owner;

/**
 * `putSecret` of the engine port, at the API server of a cluster. Created where it is absent; set by server-side apply where it is ours, with force,
 * bound to the uid that was read; keys that are not in `data` are removed, also those of other field managers. A Secret of another owner or without
 * our mark is not touched. Where nothing differs, nothing is written.
 */
export async function putClusterSecret(client: KubernetesClient, ref: ClusterRef, secret: FilledSecret): Promise<PutSecretResult> {
  const desired = manifest(ref, secret);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const result = await putOnce(client, desired, secret.owner);
      if (result !== 'changed-meanwhile') return result;
    }
    return 'not-ready';
  } catch (error) {
    if (error instanceof ConnectionError) return 'not-ready';
    if (!(error instanceof KubernetesError)) throw error;
    return error.code >= 500 || error.code === 429 ? 'not-ready' : { refused: error.message };
  }
}

async function putOnce(client: KubernetesClient, desired: Secret, owner: string): Promise<PutSecretResult | 'changed-meanwhile'> {
  const known = await client.get<Secret>(SECRETS, desired.metadata);
  try {
    if (!known) {
      await client.create(SECRETS, desired);
      return 'stored';
    }
    if (!isOwnedBy(known, owner)) return 'owned-by-another';
    if (isCurrent(known, desired)) return 'stored';
    const bound = { ...desired, metadata: { ...desired.metadata, uid: known.metadata.uid } } as Secret;
    const surplus = Object.entries(known.data ?? {}).filter(([key]) => desired.data?.[key] === undefined);
    // NOTE: leaving a key out removes it only where it has no other field manager; setting it to something else makes us its only one.
    const taken = Object.fromEntries(surplus.map(([key, value]) => [key, value === '' ? 'AA==' : '']));
    if (surplus.length > 0) await client.apply(SECRETS, { ...bound, data: { ...desired.data, ...taken } }, { isForced: true });
    await client.apply(SECRETS, bound, { isForced: true });
    return 'stored';
  } catch (error) {
    // NOTE: made by another in between (AlreadyExists), or deleted and made again (Conflict with the uid).
    if (isStatus(error, 'AlreadyExists', 'Conflict')) return 'changed-meanwhile';
    throw error;
  }
}

/** `deleteSecret` of the engine port. Of another owner, or without our mark, it stays, and for the caller it is `gone`. */
export async function deleteClusterSecret(client: KubernetesClient, secret: ClusterSecret): Promise<'gone' | 'not-ready'> {
  const { namespace, name, owner } = secret;
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const known = await client.get<Secret>(SECRETS, { namespace, name });
      if (!known || !isOwnedBy(known, owner)) return 'gone';
      try {
        const left = await client.delete(SECRETS, { namespace, name }, { uid: known.metadata.uid });
        return left === 'gone' ? 'gone' : 'not-ready';
      } catch (error) {
        if (!isStatus(error, 'Conflict')) throw error;
      }
    }
    return 'not-ready';
  } catch (error) {
    if (error instanceof ConnectionError || (error instanceof KubernetesError && (error.code >= 500 || error.code === 429)))
      return 'not-ready';
    throw error;
  }
}

function manifest(ref: ClusterRef, { namespace, name, owner, version, data }: FilledSecret): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: labelsOf(ref), annotations: { [OWNER]: owner, [VERSION]: version } },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}

function isCurrent(known: Secret, desired: Secret): boolean {
  const has = (actual: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string>> = {}) =>
    Object.entries(wanted).every(([key, value]) => actual[key] === value);
  return (
    has(known.data, desired.data) &&
    Object.keys(known.data ?? {}).length === Object.keys(desired.data ?? {}).length &&
    has(known.metadata.labels, desired.metadata.labels) &&
    has(known.metadata.annotations, desired.metadata.annotations)
  );
}
