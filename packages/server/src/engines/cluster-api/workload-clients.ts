import type { ClusterRef } from '../engine.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { createClusterClients } from '../kubernetes/cluster-clients.ts';
import { type AdminAccess, readAdminAccess } from './admin-access.ts';

/** The API server of a cluster. */
export interface Workload {
  readonly access: AdminAccess;
  /** As cluster-admin. */
  readonly client: KubernetesClient;
}

/** Clients of the clusters' own API servers. */
export interface WorkloadClients {
  /** The access with a client by it, made anew when the Secret changed; `undefined` before there is one. Rejects when the host does not answer. */
  open(ref: ClusterRef): Promise<Workload | undefined>;
  /** Closes the client of a cluster that is gone. */
  forget(uid: string): void;
  close(): void;
}

/** Makes the clients by the Secrets on the host; none is open yet. */
export function createWorkloadClients(host: Pick<KubernetesClient, 'get'>): WorkloadClients {
  const clients = createClusterClients<Workload>();
  return {
    async open(ref) {
      const access = await readAdminAccess(host, ref);
      if (access) return clients.of(ref.uid, access.version, () => ({ access, client: createKubernetesClient(access.address) }));
      clients.forget(ref.uid);
      return undefined;
    },
    forget: (uid) => clients.forget(uid),
    close: () => clients.closeAll(),
  };
}
