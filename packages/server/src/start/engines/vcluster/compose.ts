import type { Random } from '@openkupe/contract';
import type { Config } from '../../../config/config.ts';
import type { ClusterEngine } from '../../../engines/engine.ts';
import type { TokenReviewAccess } from '../../../engines/token-review-access.ts';
import { FOLLOWED } from '../../../engines/vcluster/host-object.ts';
import { parseVclusterSettings } from '../../../engines/vcluster/parse-settings.ts';
import { createVclusterEngine, type VclusterDependencies } from '../../../engines/vcluster/vcluster-engine.ts';
import { connectToHost } from '../host-client.ts';

/**
 * The engine `vcluster` by its settings, with one watch on the host per kind. Throws with a sentence for the operator where a setting cannot be used; the
 * host is not waited for.
 */
export async function composeVcluster(
  { vcluster, hostKubeconfig }: Pick<Config, 'vcluster' | 'hostKubeconfig'>,
  {
    clock,
    random,
    tokenReview,
  }: Pick<VclusterDependencies, 'clock'> & { readonly random: Random; readonly tokenReview: TokenReviewAccess },
): Promise<ClusterEngine> {
  const settings = parseVclusterSettings(vcluster, tokenReview);
  return createVclusterEngine({ host: await connectToHost(hostKubeconfig, FOLLOWED, { clock, random }), settings, clock });
}
