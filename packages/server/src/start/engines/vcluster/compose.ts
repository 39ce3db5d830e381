import { systemRandom } from '@openkupe/contract';
import type { Config } from '../../../config/config.ts';
import type { ClusterEngine } from '../../../engines/engine.ts';
import { createCachedClient } from '../../../engines/kubernetes/cached-client.ts';
import { createKubernetesClient } from '../../../engines/kubernetes/client.ts';
import { inClusterAddress } from '../../../engines/kubernetes/in-cluster.ts';
import { readKubeconfig } from '../../../engines/kubernetes/kubeconfig.ts';
import type { TokenReviewAccess } from '../../../engines/token-review-access.ts';
import { FOLLOWED } from '../../../engines/vcluster/host-object.ts';
import { parseVclusterSettings } from '../../../engines/vcluster/parse-settings.ts';
import { createVclusterEngine, type VclusterDependencies } from '../../../engines/vcluster/vcluster-engine.ts';

/** The name that every pod finds the API server by. */
const SERVICE = { host: 'kubernetes.default.svc', port: '443' };

/**
 * The engine `vcluster` by its settings, with one watch on the host per kind. Throws with a sentence for the operator where a setting cannot be used; the
 * host is not waited for.
 */
export async function composeVcluster(
  { vcluster, hostKubeconfig }: Pick<Config, 'vcluster' | 'hostKubeconfig'>,
  { clock, tokenReview }: Pick<VclusterDependencies, 'clock'> & { readonly tokenReview: TokenReviewAccess },
): Promise<ClusterEngine> {
  const settings = parseVclusterSettings(vcluster, tokenReview);
  const client = createKubernetesClient(await (hostKubeconfig === undefined ? inClusterAddress(SERVICE) : readKubeconfig(hostKubeconfig)));
  const host = createCachedClient({ client, clock, random: systemRandom }, FOLLOWED);
  return createVclusterEngine({ host, settings, clock });
}
