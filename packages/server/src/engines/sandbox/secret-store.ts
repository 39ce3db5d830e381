import { type Clock, formatRetryAfter, formatTime } from '@openkupe/contract';
import type { ClusterSecret, FilledSecret } from '../engine.ts';
import { failureResponse, type KubernetesResponse, type ReadRequest } from './kubernetes-response.ts';

/** The role of a bearer token, sent from `address`, in the clusters of `tenant`; or the refusal of a limit. */
export type TokenCheck = (
  token: string,
  tenant: string,
  address: string,
) => Promise<'admin' | 'readonly' | 'foreign' | 'unknown' | Limited>;

interface Limited {
  readonly status: 429 | 503;
  readonly retryAfterMs: number;
}

/** Responds to a read at a cluster's endpoint; `undefined` when it is not about a Secret. */
export type ReadHandler = (
  cluster: { readonly uid: string; readonly tenant: string },
  request: ReadRequest,
) => Promise<KubernetesResponse | undefined>;

/**
 * The Secrets of the sandbox's clusters, in memory only: nothing is on the disk in clear, and the reconciler writes them again after a
 * restart.
 */
export interface SecretStore {
  put(clusterUid: string, secret: FilledSecret): 'stored' | 'owned-by-another';
  has(clusterUid: string, secret: ClusterSecret): boolean;
  remove(clusterUid: string, secret: ClusterSecret): void;
  clear(clusterUid: string): void;
  readonly handleRead: ReadHandler;
}

interface StoredSecret extends FilledSecret {
  readonly createdAt: number;
}

const PATH = /^\/api\/v1\/namespaces\/([a-z0-9-]{1,63})\/secrets\/([a-z0-9.-]{1,253})$/;

/** Makes an empty store; `checkToken` authorises reads. */
export function createSecretStore({ clock, checkToken }: { clock: Clock; checkToken: TokenCheck }): SecretStore {
  const clusters = new Map<string, Map<string, StoredSecret>>();
  const pathOf = ({ namespace, name }: Pick<ClusterSecret, 'namespace' | 'name'>) => `${namespace}/${name}`;
  const owned = (clusterUid: string, secret: ClusterSecret) => {
    const stored = clusters.get(clusterUid)?.get(pathOf(secret));
    return stored?.owner === secret.owner ? stored : undefined;
  };

  return {
    put(clusterUid, secret) {
      const stored = clusters.get(clusterUid) ?? new Map<string, StoredSecret>();
      clusters.set(clusterUid, stored);
      const before = stored.get(pathOf(secret));
      if (before && before.owner !== secret.owner) return 'owned-by-another';
      stored.set(pathOf(secret), { ...secret, createdAt: before?.createdAt ?? clock.now() });
      return 'stored';
    },
    has: (clusterUid, secret) => owned(clusterUid, secret) !== undefined,
    remove(clusterUid, secret) {
      if (owned(clusterUid, secret)) clusters.get(clusterUid)?.delete(pathOf(secret));
    },
    clear: (clusterUid) => void clusters.delete(clusterUid),
    async handleRead({ uid, tenant }, { path, authorization, address }) {
      const [, namespace, name] = PATH.exec(path) ?? [];
      if (namespace === undefined || name === undefined) return undefined;
      const token = /^Bearer ([^\s]{1,8192})$/.exec(authorization ?? '')?.[1];
      const right = token === undefined ? 'unknown' : await checkToken(token, tenant, address);
      if (typeof right === 'object') return limitedResponse(right);
      if (right === 'unknown') return failureResponse(401, 'Unauthorized', 'Unauthorized');
      const details = { name, kind: 'secrets' };
      if (right !== 'admin') {
        const message = `secrets "${name}" is forbidden: the role of this credential cannot get secrets in the namespace "${namespace}"`;
        return failureResponse(403, 'Forbidden', message, details);
      }
      const stored = clusters.get(uid)?.get(pathOf({ namespace, name }));
      return stored ? { status: 200, body: manifest(stored) } : failureResponse(404, 'NotFound', `secrets "${name}" not found`, details);
    },
  };
}

function limitedResponse({ status, retryAfterMs }: Limited): KubernetesResponse {
  const retryAfter = formatRetryAfter(retryAfterMs);
  const [reason, message] =
    status === 429
      ? ['TooManyRequests', 'too many failed authentications from this address']
      : ['ServiceUnavailable', 'the credential cannot be verified at the moment'];
  const details = { retryAfterSeconds: Number(retryAfter) };
  return { ...failureResponse(status, reason, message, details), headers: { 'retry-after': retryAfter } };
}

/** A Secret as Kubernetes shows it: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
function manifest({ namespace, name, owner, version, data, createdAt }: StoredSecret): object {
  return {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace,
      creationTimestamp: formatTime(createdAt),
      labels: { 'app.kubernetes.io/managed-by': 'openkupe' },
      annotations: { 'openkupe.dev/secret-uid': owner, 'openkupe.dev/secret-version': version },
    },
    type: 'Opaque',
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}
