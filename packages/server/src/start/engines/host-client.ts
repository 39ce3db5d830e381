import { type CachedClient, createCachedClient } from '../../engines/kubernetes/cached-client.ts';
import { createKubernetesClient } from '../../engines/kubernetes/client.ts';
import type { ServerAddress } from '../../engines/kubernetes/connection.ts';
import type { FollowPorts } from '../../engines/kubernetes/follow.ts';
import { inClusterAddress } from '../../engines/kubernetes/in-cluster.ts';
import { readKubeconfig } from '../../engines/kubernetes/kubeconfig.ts';
import type { ApiResource } from '../../engines/kubernetes/kubernetes-object.ts';

/**
 * The API of the host cluster: the one that a kubeconfig file names, or else the one that openkupe runs in as a pod. `followed`: what is kept current by
 * one watch for each kind. Rejects with a sentence for the operator where there is no way in; the host itself is not asked.
 */
export async function connectToHost(
  kubeconfigFile: string | undefined,
  followed: readonly ApiResource[],
  { clock, random }: Omit<FollowPorts, 'client'>,
): Promise<CachedClient> {
  const client = createKubernetesClient(await addressOf(kubeconfigFile));
  return createCachedClient({ client, clock, random }, followed);
}

async function addressOf(kubeconfigFile: string | undefined): Promise<ServerAddress> {
  try {
    return await (kubeconfigFile === undefined ? inClusterAddress() : readKubeconfig(kubeconfigFile));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(
      kubeconfigFile === undefined
        ? `OPENKUPE_HOST_KUBECONFIG is empty, and openkupe does not run in a pod with a ServiceAccount (${message}); name the kubeconfig of the host cluster`
        : `The kubeconfig of the host cluster (OPENKUPE_HOST_KUBECONFIG) cannot be used: ${message}`,
      { cause: error },
    );
  }
}
