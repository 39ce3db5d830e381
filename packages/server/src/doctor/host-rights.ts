/** A right, as a SelfSubjectAccessReview asks about it. */
export interface HostRight {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verb: string;
}

/** A rule of a ClusterRole. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const MADE = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
const ALL = [...MADE, 'update'];
const rule = (apiGroups: readonly string[], resources: readonly string[], verbs: readonly string[]): RoleRule => ({
  apiGroups,
  resources,
  verbs,
});
const OF_VCLUSTERS = [
  'configmaps',
  'secrets',
  'services',
  'pods',
  'pods/attach',
  'pods/portforward',
  'pods/exec',
  'persistentvolumeclaims',
];

/** The rules that an engine needs on its host: those of the guide and of the Helm chart, which a test compares. */
export const HOST_RULES: Readonly<Record<'vcluster' | 'cluster-api', readonly RoleRule[]>> = {
  vcluster: [
    rule([''], ['namespaces', 'resourcequotas', 'limitranges', 'serviceaccounts'], MADE),
    rule(['networking.k8s.io'], ['networkpolicies', 'ingresses'], MADE),
    rule(['gateway.networking.k8s.io'], ['tlsroutes'], MADE),
    rule(['rbac.authorization.k8s.io'], ['roles', 'rolebindings'], MADE),
    rule(['apps'], ['statefulsets'], ALL),
    rule([''], [...OF_VCLUSTERS, 'endpoints'], ALL),
    rule([''], ['pods/status', 'pods/ephemeralcontainers', 'pods/resize'], ['patch', 'update']),
    rule([''], ['pods/log'], ['get', 'list', 'watch']),
    rule(['', 'events.k8s.io'], ['events'], ['get', 'list', 'watch', 'create']),
    rule(['apps'], ['replicasets', 'deployments'], ['get', 'list', 'watch', 'patch', 'update']),
    rule(['discovery.k8s.io'], ['endpointslices'], ALL),
    rule(['coordination.k8s.io'], ['leases'], ALL),
  ],
  'cluster-api': [
    rule([''], ['namespaces'], ['get', 'list', 'watch', 'create', 'delete']),
    rule([''], ['secrets'], ['get']),
    rule(['cluster.x-k8s.io'], ['clusters'], MADE),
    rule(['cluster.x-k8s.io'], ['clusterclasses'], ['get', 'list']),
  ],
};

function rightOf(group: string, path: string, verb: string): HostRight {
  const [resource = '', subresource] = path.split('/');
  return { group, resource, ...(subresource !== undefined && { subresource }), verb };
}

/** Each right that rules give. */
export const rightsOf = (rules: readonly RoleRule[]): HostRight[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((path) => verbs.map((verb) => rightOf(group, path, verb)))),
  );

/** A right in words: `create statefulsets.apps`, `patch pods/status`. */
export function describeRight({ group, resource, subresource, verb }: HostRight): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
}
