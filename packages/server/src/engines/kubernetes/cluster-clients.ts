import type { KubernetesClient } from './client.ts';

/** What is kept of the API server of each cluster, by its uid: a client with its connections, and what belongs to it. */
export interface ClusterClients<T extends { readonly client: KubernetesClient }> {
  /** What was made last; `undefined` where there is nothing. */
  get(uid: string): T | undefined;
  /** What was made with this key. With another key, or none, it is made anew, and the connections of the old one are closed. */
  of(uid: string, key: string, make: () => T): T;
  /** Closes the connections to a cluster. */
  forget(uid: string): void;
  closeAll(): void;
}

/** Makes the collection; nothing is kept yet. */
export function createClusterClients<T extends { readonly client: KubernetesClient }>(): ClusterClients<T> {
  const kept = new Map<string, { readonly key: string; readonly made: T }>();
  function forget(uid: string): void {
    kept.get(uid)?.made.client.close();
    kept.delete(uid);
  }
  return {
    get: (uid) => kept.get(uid)?.made,
    of(uid, key, make) {
      const known = kept.get(uid);
      if (known?.key === key) return known.made;
      forget(uid);
      const made = make();
      kept.set(uid, { key, made });
      return made;
    },
    forget,
    closeAll: () => [...kept.keys()].forEach(forget),
  };
}
