import { type Clock, formatRetryAfter, formatTime } from '@openkupe/contract';
import type { ClusterSecret, FilledSecret } from '../engine.ts';
import { type Answer, type ReadRequest, statusAnswer } from './kubernetes-status.ts';

/** What a bearer token, sent by a client at `address`, may do in the clusters of `tenant`, or that it is not looked at now. */
export type TokenCheck = (token: string, tenant: string, address: string) => Promise<'admin' | 'readonly' | 'foreign' | 'unknown' | NotNow>;

interface NotNow {
  readonly status: 429 | 503;
  readonly retryAfterMs: number;
}

/** Answers a read of a cluster's endpoint, or `undefined` when it is not about a Secret. */
export type AnswerRead = (cluster: { readonly uid: string; readonly tenant: string }, request: ReadRequest) => Promise<Answer | undefined>;

/**
 * The Secrets of the sandbox's clusters. They are in memory alone: nothing is ever on the disk in clear, and after a restart the
 * reconciler brings them again.
 */
export interface SecretShelf {
  put(clusterUid: string, secret: FilledSecret): 'stored' | 'owned-by-another';
  has(clusterUid: string, secret: ClusterSecret): boolean;
  remove(clusterUid: string, secret: ClusterSecret): void;
  clear(clusterUid: string): void;
  readonly answerRead: AnswerRead;
}

interface Kept extends FilledSecret {
  readonly createdAt: number;
}

const PATH = /^\/api\/v1\/namespaces\/([a-z0-9-]{1,63})\/secrets\/([a-z0-9.-]{1,253})$/;

export function createSecretShelf({ clock, checkToken }: { clock: Clock; checkToken: TokenCheck }): SecretShelf {
  const clusters = new Map<string, Map<string, Kept>>();
  const placeOf = ({ namespace, name }: Pick<ClusterSecret, 'namespace' | 'name'>) => `${namespace}/${name}`;
  const owned = (clusterUid: string, secret: ClusterSecret) => {
    const kept = clusters.get(clusterUid)?.get(placeOf(secret));
    return kept?.owner === secret.owner ? kept : undefined;
  };

  return {
    put(clusterUid, secret) {
      const kept = clusters.get(clusterUid) ?? new Map<string, Kept>();
      clusters.set(clusterUid, kept);
      const before = kept.get(placeOf(secret));
      if (before && before.owner !== secret.owner) return 'owned-by-another';
      kept.set(placeOf(secret), { ...secret, createdAt: before?.createdAt ?? clock.now() });
      return 'stored';
    },
    has: (clusterUid, secret) => owned(clusterUid, secret) !== undefined,
    remove(clusterUid, secret) {
      if (owned(clusterUid, secret)) clusters.get(clusterUid)?.delete(placeOf(secret));
    },
    clear: (clusterUid) => void clusters.delete(clusterUid),
    async answerRead({ uid, tenant }, { path, authorization, address }) {
      const [, namespace, name] = PATH.exec(path) ?? [];
      if (namespace === undefined || name === undefined) return undefined;
      const token = /^Bearer ([^\s]{1,8192})$/.exec(authorization ?? '')?.[1];
      const right = token === undefined ? 'unknown' : await checkToken(token, tenant, address);
      if (typeof right === 'object') return notNow(right);
      if (right === 'unknown') return statusAnswer(401, 'Unauthorized', 'Unauthorized');
      const details = { name, kind: 'secrets' };
      if (right !== 'admin') {
        const message = `secrets "${name}" is forbidden: the role of this credential cannot get secrets in the namespace "${namespace}"`;
        return statusAnswer(403, 'Forbidden', message, details);
      }
      const kept = clusters.get(uid)?.get(placeOf({ namespace, name }));
      return kept ? { status: 200, body: manifest(kept) } : statusAnswer(404, 'NotFound', `secrets "${name}" not found`, details);
    },
  };
}

function notNow({ status, retryAfterMs }: NotNow): Answer {
  const retryAfter = formatRetryAfter(retryAfterMs);
  const [reason, message] =
    status === 429
      ? ['TooManyRequests', 'too many failed authentications from this address']
      : ['ServiceUnavailable', 'the credential cannot be verified at the moment'];
  const details = { retryAfterSeconds: Number(retryAfter) };
  return { ...statusAnswer(status, reason, message, details), headers: { 'retry-after': retryAfter } };
}

/** A Secret as Kubernetes shows it: https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
function manifest({ namespace, name, owner, version, data, createdAt }: Kept): object {
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
