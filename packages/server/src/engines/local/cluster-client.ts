import { readFile } from 'node:fs/promises';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { type ClusterClients, createClusterClients } from '../kubernetes/cluster-clients.ts';
import { clusterFiles } from './cluster-files.ts';
import { HOST } from './free-port.ts';
import type { LocalRecord } from './local-record.ts';

/** The clients of the clusters, as their administrator: one for each, with connections that are kept. */
export interface LocalClients extends Pick<ClusterClients<{ readonly client: KubernetesClient }>, 'forget' | 'closeAll'> {
  of(record: LocalRecord, folder: string): Promise<KubernetesClient>;
}

/** Makes clients when they are needed, and another one when the address or the certificate of the engine has changed. */
export function createLocalClients(): LocalClients {
  const { of, forget, closeAll } = createClusterClients<{ readonly client: KubernetesClient }>();
  return {
    async of({ uid, port, authority: { certificatePem: caPem } }, folder) {
      const pem = await readFile(clusterFiles(folder).admin, 'utf8');
      const credential = { type: 'certificate', certificatePem: pem, keyPem: pem } as const;
      const make = () => ({ client: createKubernetesClient({ server: `https://${HOST}:${port}`, caPem, credential }) });
      return of(uid, `${port} ${pem}`, make).client;
    },
    forget,
    closeAll,
  };
}
