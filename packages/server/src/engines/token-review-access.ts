/** Where the control plane answers API servers. */
export const TOKEN_REVIEW_PATH = '/webhook/token-review';
/** Where it says that a user has lost access since: `SubjectAccessReview` of `authorization.k8s.io/v1`. */
export const ACCESS_REVIEW_PATH = '/webhook/access-review';

/**
 * How the API server of a cluster asks the control plane about a bearer token: webhook token authentication of Kubernetes, `TokenReview` of
 * `authentication.k8s.io/v1`. An API server runs with `--authentication-token-webhook-config-file=FILE` (what {@link tokenReviewKubeconfig}
 * writes, mode 0600), `--authentication-token-webhook-version=v1` and `--authentication-token-webhook-cache-ttl=1s`. The API server
 * itself keeps a successful authentication for 10 s, whatever that flag says; with {@link accessReviewConfiguration} a key that was deleted is
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

/** The kubeconfig of the same API server for {@link ACCESS_REVIEW_PATH}, which {@link accessReviewConfiguration} names. */
export function accessReviewKubeconfig(access: TokenReviewAccess, uid: string): string {
  const url = access.url.slice(0, -TOKEN_REVIEW_PATH.length) + ACCESS_REVIEW_PATH;
  const credentialFor = (of: string) => access.credentialFor(of);
  return tokenReviewKubeconfig({ url, credentialFor, ...(access.caPem !== undefined && { caPem: access.caPem }) }, uid);
}

/**
 * What `--authorization-config=FILE` names, in place of `--authorization-mode`: Kubernetes' own authorizers as before, and in front of them the
 * question whether one of our users has lost access. It is asked about our users alone, at most once a second for the same request, and a
 * control plane that does not answer within a second denies nothing. `kubeconfigFile`: the path of {@link accessReviewKubeconfig}.
 */
export function accessReviewConfiguration(kubeconfigFile: string, authorizers: readonly ('Node' | 'RBAC')[] = ['RBAC']): string {
  return JSON.stringify({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthorizationConfiguration',
    authorizers: [
      {
        type: 'Webhook',
        name: 'openkupe',
        webhook: {
          authorizedTTL: '1s',
          unauthorizedTTL: '1s',
          timeout: '1s',
          subjectAccessReviewVersion: 'v1',
          matchConditionSubjectAccessReviewVersion: 'v1',
          failurePolicy: 'NoOpinion',
          connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: kubeconfigFile },
          matchConditions: [{ expression: "request.user.startsWith('kupe:')" }],
        },
      },
      ...authorizers.map((type) => ({ type, name: type.toLowerCase() })),
    ],
  });
}
