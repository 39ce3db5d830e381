import type { ClusterAccess, ClusterRef } from '../engine.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { ServerAddress } from '../kubernetes/connection.ts';
import { parseKubeconfig } from '../kubernetes/kubeconfig.ts';
import type { ApiResource, KubernetesObject } from '../kubernetes/kubernetes-object.ts';
import { hostNamespace } from '../kubernetes/labels.ts';

const SECRETS: ApiResource = { apiVersion: 'v1', plural: 'secrets' };

/** How openkupe itself reaches the API server of a cluster; the credential is never given to a user. */
export interface AdminAccess extends ClusterAccess {
  readonly address: ServerAddress;
  /** Another one means other content. */
  readonly version: string;
}

interface Secret extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The Secret with the access is there and cannot be used. The message is for a person. */
export class AccessSecretError extends Error {
  override readonly name = 'AccessSecretError';
}

/**
 * The access by the Secret `NAME-kubeconfig`; `undefined` before it is there. By the contract of Cluster API it has the type
 * `cluster.x-k8s.io/secret` and the label `cluster.x-k8s.io/cluster-name`: a Secret without them is not Cluster API's and is not trusted.
 * @throws {AccessSecretError}
 * https://cluster-api.sigs.k8s.io/developer/providers/contracts/control-plane
 */
export async function readAdminAccess(client: Pick<KubernetesClient, 'get'>, ref: ClusterRef): Promise<AdminAccess | undefined> {
  const name = `${ref.name}-kubeconfig`;
  const secret = await client.get<Secret>(SECRETS, { namespace: hostNamespace(ref), name });
  if (!secret) return undefined;
  const { type, data, metadata } = secret;
  const isOfCluster = type === 'cluster.x-k8s.io/secret' && metadata.labels?.['cluster.x-k8s.io/cluster-name'] === ref.name;
  if (!isOfCluster)
    throw new AccessSecretError(`Secret "${name}" on the host is not one of Cluster API: its type or its label cluster-name is another`);
  try {
    const address = await parseKubeconfig(Buffer.from(data?.value ?? '', 'base64').toString());
    if (address.caPem === undefined) throw new Error('it has no CA');
    return { endpoint: address.server, caPem: address.caPem, address, version: metadata.resourceVersion ?? '' };
  } catch (error) {
    throw new AccessSecretError(`Secret "${name}" on the host holds no kubeconfig that can be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
