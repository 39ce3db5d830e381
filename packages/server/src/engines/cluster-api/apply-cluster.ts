import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterRef } from '../engine.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { isStatus, KubernetesError } from '../kubernetes/kubernetes-error.ts';
import { hostNamespace, isOfCluster, labelsOf } from '../kubernetes/labels.ts';
import { OwnershipError } from '../kubernetes/ownership-error.ts';
import { accessReviewKubeconfig, tokenReviewKubeconfig } from '../token-review-access.ts';
import type { ClusterApiDependencies } from './cluster-api-dependencies.ts';
import { clusterObject, lastGeneration, topologySpec } from './cluster-object.ts';
import type { Cluster } from './cluster-observation.ts';
import { CLUSTERS, NAMESPACES, type Namespace, NO_CLUSTER_API } from './host-resources.ts';

/**
 * Creates the namespace unless it is there. A plain create, and no apply: of a namespace that another program has made since it was read, it
 * fails instead of taking it over.
 */
async function ensureNamespace(host: KubernetesClient, ref: ClusterRef): Promise<void> {
  const name = hostNamespace(ref);
  const found = await host.get<Namespace>(NAMESPACES, { name });
  if (!found) {
    await host.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: labelsOf(ref) } });
    return;
  }
  if (!isOfCluster(found, ref)) throw new OwnershipError({ kind: 'Namespace', metadata: { name } });
  if (found.metadata.deletionTimestamp !== undefined) throw new Error(`Namespace "${name}" on the host is being deleted`);
}

/** The error without the credential of the cluster: who refuses a variable repeats its value, and errors are logged and shown. */
function withoutCredential(error: unknown, credential: string): unknown {
  const [, secret = ''] = credential.split('.');
  if (error instanceof KubernetesError && secret !== '') error.message = error.message.replaceAll(secret, '…');
  return error;
}

/**
 * Applies the Cluster by server-side apply, which puts back what something else has changed of openkupe's fields and leaves the others alone.
 * The version of the object that was read is a precondition, so that of two callers at once the later generation wins.
 */
export async function applyCluster(
  { host, settings, tokenReview }: ClusterApiDependencies,
  ref: ClusterRef,
  spec: ClusterSpec,
  generation: number,
): Promise<void> {
  const topology = topologySpec(settings, ref, spec, {
    tokenWebhook: tokenReviewKubeconfig(tokenReview, ref.uid),
    accessWebhook: accessReviewKubeconfig(tokenReview, ref.uid),
  });
  await ensureNamespace(host, ref);
  const wanted = clusterObject(ref, topology, generation);
  const found = await host.get<Cluster>(CLUSTERS, wanted.metadata);
  if (found && !isOfCluster(found, ref)) throw new OwnershipError(wanted);
  if (found?.metadata.deletionTimestamp !== undefined) throw new Error(`Cluster "${ref.name}" on the host is being deleted`);
  if (found && lastGeneration(found) > generation) return;
  const { resourceVersion } = found?.metadata ?? {};
  const object = { ...wanted, metadata: { ...wanted.metadata, ...(resourceVersion && { resourceVersion }) } };
  await host.apply(CLUSTERS, object, { isForced: true }).catch((error: unknown) => {
    throw isStatus(error, 404) ? new Error(NO_CLUSTER_API, { cause: error }) : withoutCredential(error, tokenReview.credentialFor(ref.uid));
  });
}
