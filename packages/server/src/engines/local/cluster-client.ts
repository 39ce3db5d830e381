import { readFile } from 'node:fs/promises';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { clusterFiles } from './cluster-files.ts';
import { HOST } from './free-port.ts';
import type { LocalRecord } from './local-record.ts';

/** The clients of the clusters, as their administrator: one for each, with connections that are kept. */
export interface ClusterClients {
  of(record: LocalRecord, folder: string): Promise<KubernetesClient>;
  close(uid: string): void;
  closeAll(): void;
}

/** Makes clients when they are needed, and another one when the address or the certificate of the engine has changed. */
export function createClusterClients(): ClusterClients {
  const clients = new Map<string, { readonly key: string; readonly client: KubernetesClient }>();
  function close(uid: string): void {
    clients.get(uid)?.client.close();
    clients.delete(uid);
  }
  return {
    async of({ uid, port, authority }, folder) {
      const pem = await readFile(clusterFiles(folder).admin, 'utf8');
      const key = `${port} ${pem}`;
      const known = clients.get(uid);
      if (known?.key === key) return known.client;
      close(uid);
      const credential = { type: 'certificate', certificatePem: pem, keyPem: pem } as const;
      const client = createKubernetesClient({ server: `https://${HOST}:${port}`, caPem: authority.certificatePem, credential });
      clients.set(uid, { key, client });
      return client;
    },
    close,
    closeAll: () => [...clients.keys()].forEach(close),
  };
}
