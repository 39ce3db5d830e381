import { type FollowPorts, follow } from './follow.ts';
import { createIndexedObjects, type IndexedObjects } from './indexed-objects.ts';
import type { ApiResource, KubernetesObject, ObjectName } from './kubernetes-object.ts';
import { OWNED_BY_OPENKUPE, UID_LABEL } from './labels.ts';

/**
 * Every object of one kind that is ours, kept current by one list and one watch, however many clusters there are: an observation of a cluster
 * asks the API server nothing. What client-go calls a shared informer.
 */
export interface Informer<T extends KubernetesObject> extends Pick<IndexedObjects<T>, 'get' | 'of'> {
  /** Resolves once everything was listed; rejects with the signal's reason. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /**
   * Why changes do not arrive at the moment, and since when (`Clock.monotonic`, milliseconds); `undefined` while a watch is open. What
   * is known then may be out of date.
   */
  readonly interruption: { readonly sinceMs: number; readonly error: unknown } | undefined;
  /** Takes the answer to a request, so that a read right after it finds it; nothing changes where the watch is already beyond its version. */
  learn(object: T): void;
  /** Takes an object out, because a deletion of ours has said that it is gone; one of that name with another `uid` stays. */
  forget(name: ObjectName, uid: string | undefined): void;
  /** Calls back with the uid of a cluster, the value of its label, when one of its objects has changed, and with the object, also of a removal. */
  onChange(listener: (clusterUid: string, object: T) => void): void;
  close(): Promise<void>;
}

/** What is followed: one kind, in one namespace or all, by default all that carry the mark of openkupe. */
export interface Followed {
  readonly resource: ApiResource;
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** The label whose values `of` and `onChange` name; default: the uid of the cluster. */
  readonly indexLabel?: string;
}

/** Starts to follow a kind. */
export function createInformer<T extends KubernetesObject>(ports: FollowPorts, followed: Followed): Informer<T> {
  const { resource, namespace, labelSelector = OWNED_BY_OPENKUPE, indexLabel = UID_LABEL } = followed;
  const stopping = new AbortController();
  const synced = Promise.withResolvers<void>();
  const listeners: ((clusterUid: string, object: T) => void)[] = [];
  const objects = createIndexedObjects<T>(indexLabel, (value, object) => {
    for (const listener of listeners) listener(value, object);
  });
  let interruption: Informer<T>['interruption'] = { sinceMs: ports.clock.monotonic(), error: new Error('It was not listed yet') };

  const run = async () => {
    for await (const event of follow<T>(ports, resource, { namespace, labelSelector, signal: stopping.signal })) {
      if (event.type === 'listed') {
        objects.replaceAll(event.items.map(slim), event.resourceVersion);
        synced.resolve();
      } else if (event.type === 'watching') interruption = undefined;
      else if (event.type === 'set') objects.set(slim(event.object));
      else if (event.type === 'removed') objects.remove(event.object);
      else if (event.type === 'interrupted')
        interruption = { sinceMs: interruption?.sinceMs ?? ports.clock.monotonic(), error: event.error };
    }
  };
  const running = run();

  return {
    get: (name: ObjectName) => objects.get(name),
    of: (value) => objects.of(value),
    whenSynced: (signal) => (signal ? Promise.race([synced.promise, rejectionOf(signal)]) : synced.promise),
    get interruption() {
      return interruption;
    },
    learn: (object) => objects.learn(slim(object)),
    forget: (name, uid) => objects.forget(name, uid),
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

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
