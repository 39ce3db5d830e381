import { type FollowPorts, follow } from './follow.ts';
import { createIndexedObjects, type IndexedObjects } from './indexed-objects.ts';
import type { ApiResource, KubernetesObject } from './kubernetes-object.ts';
import { OWNED_BY_OPENKUPE, UID_LABEL } from './labels.ts';

/**
 * Every object of one kind that carries the mark of openkupe, kept current by one list and one watch, however many clusters there are: an observation of a
 * cluster asks the API server nothing. What client-go calls a shared informer.
 */
export interface Informer<T extends KubernetesObject> extends Pick<IndexedObjects<T>, 'get' | 'of' | 'learn' | 'forget'> {
  /** Whether changes arrive: everything was listed, and a watch is open. What is known otherwise may be out of date. */
  readonly isCurrent: boolean;
  /** Calls back with the uid of a cluster, the value of its label, when one of its objects has changed, and with the object, also of a removal. */
  onChange(listener: (clusterUid: string, object: T) => void): void;
  close(): Promise<void>;
}

/** Starts to follow a kind. */
export function createInformer<T extends KubernetesObject>(ports: FollowPorts, resource: ApiResource): Informer<T> {
  const stopping = new AbortController();
  const listeners: ((clusterUid: string, object: T) => void)[] = [];
  const objects = createIndexedObjects<T>(UID_LABEL, (uid, object) => {
    for (const listener of listeners) listener(uid, object);
  });
  let isCurrent = false;

  const run = async () => {
    for await (const event of follow<T>(ports, resource, { labelSelector: OWNED_BY_OPENKUPE, signal: stopping.signal })) {
      if (event.type === 'listed') objects.replaceAll(event.items.map(slim), event.resourceVersion);
      else if (event.type === 'set') objects.set(slim(event.object));
      else if (event.type === 'removed') objects.remove(event.object);
      else isCurrent = event.type === 'watching';
    }
  };
  const running = run();

  return {
    get: (name) => objects.get(name),
    of: (uid) => objects.of(uid),
    learn: (object) => objects.learn(slim(object)),
    forget: (name, uid) => objects.forget(name, uid),
    get isCurrent() {
      return isCurrent;
    },
    onChange: (listener) => void listeners.push(listener),
    async close() {
      stopping.abort(new Error('The informer was closed'));
      await running;
    },
  };
}

/** Without `managedFields`, which nothing reads here and which are half of an object. */
function slim<T extends KubernetesObject>(object: T): T {
  const { managedFields: _managedFields, ...metadata } = object.metadata as T['metadata'] & { managedFields?: unknown };
  return { ...object, metadata };
}
