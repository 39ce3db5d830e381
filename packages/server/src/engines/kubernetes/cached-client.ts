import type { KubernetesClient, Selection } from './client.ts';
import type { FollowPorts } from './follow.ts';
import { createInformer, type Informer } from './informer.ts';
import type { ApiResource, KubernetesObject } from './kubernetes-object.ts';
import { isMarked, UID_LABEL } from './labels.ts';

/** A watch from here begins with everything that there is (https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-watch). */
const ANY_VERSION = '0';

const keyOf = ({ apiVersion, plural }: ApiResource) => `${apiVersion}/${plural}`;

/** The uid that a selector of one cluster's objects names: `kupe.io/cluster-uid=UID,…`. */
function uidIn({ labelSelector = '', fieldSelector }: Selection): string | undefined {
  if (fieldSelector !== undefined) return undefined;
  const prefix = `${UID_LABEL}=`;
  return labelSelector
    .split(',')
    .find((one) => one.startsWith(prefix))
    ?.slice(prefix.length);
}

/** A client with a memory, which also says what changes. */
export interface CachedClient extends KubernetesClient {
  /** Calls back with the uid of a cluster when one of its objects of this kind was made, changed or removed, by whatever program. */
  onChange(resource: ApiResource, listener: (clusterUid: string, object: KubernetesObject) => void): void;
}

/**
 * A client whose reads of these kinds are answered from the memory of an {@link Informer}: `get` of a marked object, and `list` of the objects of one
 * cluster by its uid. What is not found there is asked for, because an object without our mark may have the name. So is everything while the watch is
 * interrupted: a host that is down is an error and never a lost cluster. What it writes is found by the reads that follow.
 */
export function createCachedClient(ports: FollowPorts, kinds: readonly ApiResource[]): CachedClient {
  const { client } = ports;
  const informers = new Map(kinds.map((resource) => [keyOf(resource), createInformer<KubernetesObject>(ports, resource)]));
  /** The informer of a kind, where it is current. */
  const current = (resource: ApiResource): Informer<KubernetesObject> | undefined => {
    const informer = informers.get(keyOf(resource));
    return informer?.isCurrent ? informer : undefined;
  };
  const learn = async <T>(resource: ApiResource, written: Promise<T>): Promise<T> => {
    const object = await written;
    if (isMarked(object as KubernetesObject)) informers.get(keyOf(resource))?.learn(object as KubernetesObject);
    return object;
  };

  return {
    ...client,
    get: async (resource, name, options) => (current(resource)?.get(name) as never) ?? client.get(resource, name, options),
    async list(resource, selection = {}) {
      const uid = uidIn(selection);
      const informer = uid === undefined ? undefined : current(resource);
      if (uid === undefined || informer === undefined) return client.list(resource, selection);
      const { namespace } = selection;
      const items = informer.of(uid).filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
      return { items: items as never, resourceVersion: ANY_VERSION };
    },
    apply: (resource, object, options) => learn(resource, client.apply(resource, object, options)),
    create: (resource, object, options) =>
      options?.below ? client.create(resource, object, options) : learn(resource, client.create(resource, object, options)),
    async delete(resource, name, options) {
      const left = await client.delete(resource, name, options);
      const informer = informers.get(keyOf(resource));
      const object = informer && left === 'deleting' ? await client.get<KubernetesObject>(resource, name, options) : undefined;
      if (object && isMarked(object)) informer?.learn(object);
      else informer?.forget(name, options?.uid);
      return left;
    },
    onChange: (resource, listener) => informers.get(keyOf(resource))?.onChange(listener),
    close() {
      for (const informer of informers.values()) void informer.close();
      client.close();
    },
  };
}
