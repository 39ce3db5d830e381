import type { ClusterRef } from '../engine.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { type AdminAccess, readAdminAccess } from './admin-access.ts';

/** The API server of a cluster. */
export interface Workload {
  readonly access: AdminAccess;
  /** As cluster-admin. */
  readonly client: KubernetesClient;
}

/** Clients of the clusters' own API servers, one for each, on connections that are kept. */
export interface WorkloadClients {
  /** The access with a client by it, made anew when the Secret changed; `undefined` before there is one. Rejects when the host does not answer. */
  open(ref: ClusterRef): Promise<Workload | undefined>;
  /** Closes the client of a cluster that is gone. */
  forget(uid: string): void;
  close(): void;
}

/** Makes the clients by the Secrets on the host; none is open yet. */
export function createWorkloadClients(host: Pick<KubernetesClient, 'get'>): WorkloadClients {
  const open = new Map<string, Workload>();
  const forget = (uid: string) => {
    open.get(uid)?.client.close();
    open.delete(uid);
  };
  return {
    async open(ref) {
      const access = await readAdminAccess(host, ref);
      const known = open.get(ref.uid);
      if (access && known?.access.version === access.version) return known;
      forget(ref.uid);
      if (!access) return undefined;
      const opened = { access, client: createKubernetesClient(access.address) };
      open.set(ref.uid, opened);
      return opened;
    },
    forget,
    close: () => [...open.keys()].forEach(forget),
  };
}
