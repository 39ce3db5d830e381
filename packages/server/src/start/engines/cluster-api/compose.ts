import { readFile } from 'node:fs/promises';
import { systemRandom } from '@openkupe/contract';
import type { Config } from '../../../config/config.ts';
import type { ClusterApiDependencies } from '../../../engines/cluster-api/cluster-api-dependencies.ts';
import { createClusterApiEngine } from '../../../engines/cluster-api/cluster-api-engine.ts';
import { parseClusterApiSettings } from '../../../engines/cluster-api/cluster-api-settings.ts';
import { FOLLOWED } from '../../../engines/cluster-api/host-resources.ts';
import type { ClusterEngine } from '../../../engines/engine.ts';
import { createCachedClient } from '../../../engines/kubernetes/cached-client.ts';
import { createKubernetesClient } from '../../../engines/kubernetes/client.ts';
import { inClusterAddress } from '../../../engines/kubernetes/in-cluster.ts';
import { readKubeconfig } from '../../../engines/kubernetes/kubeconfig.ts';

/** The name that every pod finds the API server by. */
const SERVICE = { host: 'kubernetes.default.svc', port: '443' };

/** The engine `cluster-api` by its settings file. Throws with a sentence for the operator where a file cannot be used; the host is not asked. */
export async function composeClusterApi(
  { clusterApiFile = '', hostKubeconfig }: Pick<Config, 'clusterApiFile' | 'hostKubeconfig'>,
  ports: Pick<ClusterApiDependencies, 'clock' | 'tokenReview'>,
): Promise<ClusterEngine> {
  const settings = parseClusterApiSettings(await readFile(clusterApiFile, 'utf8'));
  if ('problems' in settings)
    throw new Error(`The file ${clusterApiFile} (OPENKUPE_CLUSTER_API_FILE) is not valid: ${settings.problems.join('; ')}`);
  const client = createKubernetesClient(await (hostKubeconfig === undefined ? inClusterAddress(SERVICE) : readKubeconfig(hostKubeconfig)));
  const host = createCachedClient({ client, clock: ports.clock, random: systemRandom }, FOLLOWED);
  return createClusterApiEngine({ host, settings, ...ports });
}
