import type { KubernetesVersion } from '../engine.ts';
import type { TokenReviewAccess } from '../token-review-access.ts';

/**
 * How users reach the API server of a cluster. `load-balancer`: a LoadBalancer Service for each cluster. `node-port`: a NodePort Service, at the
 * address `host` that leads to the nodes. `ingress` and `tls-route`: `NAME.TENANT.DOMAIN` through a shared proxy that passes TLS through.
 */
export type Exposure =
  | { readonly by: 'load-balancer' }
  | { readonly by: 'node-port'; readonly host: string }
  | { readonly by: 'ingress'; readonly domain: string; readonly className?: string }
  | { readonly by: 'tls-route'; readonly domain: string; readonly gateway: { readonly namespace: string; readonly name: string } };

/** What an operator decides about the clusters of this engine. */
export interface VclusterSettings {
  /** Newest first. For each there is an image `ghcr.io/loft-sh/kubernetes` of that tag. */
  readonly versions: readonly KubernetesVersion[];
  readonly exposure: Exposure;
  /** The StorageClass of the control planes' volumes; the host's default when absent. */
  readonly storageClass?: string;
  /** Where API servers ask about tokens; without it only client certificates authenticate. */
  readonly tokenReview?: TokenReviewAccess;
}

/** The host name of a cluster behind a shared proxy, or of the nodes; `undefined` where only the load balancer knows it. */
export function publicHost(exposure: Exposure, { tenant, name }: { tenant: string; name: string }): string | undefined {
  if (exposure.by === 'load-balancer') return undefined;
  return exposure.by === 'node-port' ? exposure.host : `${name}.${tenant}.${exposure.domain}`;
}
