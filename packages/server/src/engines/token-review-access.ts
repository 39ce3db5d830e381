/** Where the control plane answers API servers. */
export const TOKEN_REVIEW_PATH = '/webhook/token-review';

/**
 * How the API server of a cluster asks the control plane about a bearer token: webhook token authentication of Kubernetes, `TokenReview` of
 * `authentication.k8s.io/v1`. An API server runs with `--authentication-token-webhook-config-file=FILE` (what {@link tokenReviewKubeconfig}
 * writes, mode 0600), `--authentication-token-webhook-version=v1` and `--authentication-token-webhook-cache-ttl=1s`: a key that was deleted is
 * refused a second later.
 *
 * Who is authenticated has the groups `kupe:tenant:NAME` and `kupe:role:admin` or `kupe:role:readonly`.
 */
export interface TokenReviewAccess {
  /** Where API servers reach `/webhook/token-review`, with that path. */
  readonly url: string;
  /** The CA of that address; absent where it is one that the machine of the API server trusts anyway, and for `http:`. */
  readonly caPem?: string;
  /** What the API server of the cluster with this uid proves itself with: always the same, and another for each cluster. */
  credentialFor(uid: string): string;
}

/**
 * The kubeconfig that an API server finds the webhook with, in JSON, which is YAML. Kubernetes' client sends no token over `http:`, so there the
 * credential is that of Basic authentication, in the URL; `http:` is for the loopback interface.
 */
export function tokenReviewKubeconfig({ url, caPem, credentialFor }: TokenReviewAccess, uid: string): string {
  const credential = credentialFor(uid);
  const server = new URL(url);
  const isPlain = server.protocol === 'http:';
  if (isPlain) {
    server.username = uid;
    server.password = credential.slice(uid.length + 1);
  }
  const ca = caPem === undefined ? {} : { 'certificate-authority-data': Buffer.from(caPem).toString('base64') };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'openkupe', cluster: { server: server.href, ...ca } }],
    users: [{ name: 'api-server', user: isPlain ? {} : { token: credential } }],
    contexts: [{ name: 'openkupe', context: { cluster: 'openkupe', user: 'api-server' } }],
    'current-context': 'openkupe',
  });
}
