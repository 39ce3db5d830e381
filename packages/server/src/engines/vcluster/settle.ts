import type { ClusterRef } from '../engine.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { isStatus } from '../kubernetes/kubernetes-error.ts';
import { isOfCluster } from '../kubernetes/labels.ts';
import { OwnershipError } from '../kubernetes/ownership-error.ts';
import { holds } from './holds.ts';
import { hostNames } from './host-names.ts';
import { type HostObject, KINDS, keyOf, resourceOf } from './host-object.ts';

/** The objects of a cluster that are there, by kind and name. */
export type Live = ReadonlyMap<string, HostObject>;

/** Reads every object with the mark of the cluster. */
export async function readLive(host: KubernetesClient, ref: ClusterRef): Promise<Live> {
  const { namespace, selector: labelSelector } = hostNames(ref);
  const lists = await Promise.all(
    Object.values(KINDS).map(async (resource) => {
      const { items } = await host.list<HostObject>(resource, { namespace, labelSelector }).catch((error: unknown) => {
        // NOTE: a kind that the host does not have, such as the Gateway API's.
        if (isStatus(error, 404)) return { items: [] };
        throw error;
      });
      return items;
    }),
  );
  return new Map(lists.flat().map((object) => [keyOf(object), object]));
}

/**
 * Creates or corrects one object. Throws an {@link OwnershipError} where one of that name is of another owner, and a conflict where it has become
 * one since it was read: a correction is bound to the uid, and a creation takes over no field that something else has set.
 */
async function put(host: KubernetesClient, ref: ClusterRef, wanted: HostObject, live: HostObject | undefined): Promise<HostObject> {
  const resource = resourceOf(wanted.kind);
  const { name, namespace } = wanted.metadata;
  const there = live ?? (await host.get<HostObject>(resource, { name, namespace }));
  if (!there) return host.apply(resource, wanted);
  if (!isOfCluster(there, ref)) throw new OwnershipError(wanted);
  const bound = { ...wanted, metadata: { ...wanted.metadata, uid: there.metadata.uid } } as HostObject;
  return host.apply(resource, bound, { isForced: true });
}

/**
 * Makes what is there agree with what is wanted: what is missing or differs is applied, in order, and what has the mark but is no longer wanted
 * is deleted. Returns what is there now. Each step may be the last one of this process; another one goes on from what is there.
 */
export async function settle(host: KubernetesClient, ref: ClusterRef, wanted: readonly HostObject[], live: Live): Promise<Live> {
  const settled = new Map<string, HostObject>();
  for (const object of wanted) {
    const there = live.get(keyOf(object));
    settled.set(keyOf(object), there && holds(there, object) ? there : await put(host, ref, object, there));
  }
  for (const [key, object] of live) {
    if (settled.has(key)) continue;
    const { name, namespace, uid } = object.metadata;
    await host.delete(resourceOf(object.kind), { name, namespace }, { uid });
  }
  return settled;
}
