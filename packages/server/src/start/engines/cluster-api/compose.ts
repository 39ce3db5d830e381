import { readFile } from 'node:fs/promises';
import type { Random } from '@openkupe/contract';
import type { Config } from '../../../config/config.ts';
import type { ClusterApiDependencies } from '../../../engines/cluster-api/cluster-api-dependencies.ts';
import { createClusterApiEngine } from '../../../engines/cluster-api/cluster-api-engine.ts';
import { parseClusterApiSettings } from '../../../engines/cluster-api/cluster-api-settings.ts';
import { FOLLOWED } from '../../../engines/cluster-api/host-resources.ts';
import type { ClusterEngine } from '../../../engines/engine.ts';
import { connectToHost } from '../host-client.ts';

/** The engine `cluster-api` by its settings file. Throws with a sentence for the operator where a file cannot be used; the host is not asked. */
export async function composeClusterApi(
  { clusterApiFile = '', hostKubeconfig }: Pick<Config, 'clusterApiFile' | 'hostKubeconfig'>,
  { clock, random, tokenReview }: Pick<ClusterApiDependencies, 'clock' | 'tokenReview'> & { readonly random: Random },
): Promise<ClusterEngine> {
  const settings = parseClusterApiSettings(await readFile(clusterApiFile, 'utf8'));
  if ('problems' in settings)
    throw new Error(`The file ${clusterApiFile} (OPENKUPE_CLUSTER_API_FILE) is not valid: ${settings.problems.join('; ')}`);
  return createClusterApiEngine({ host: await connectToHost(hostKubeconfig, FOLLOWED, { clock, random }), settings, clock, tokenReview });
}
