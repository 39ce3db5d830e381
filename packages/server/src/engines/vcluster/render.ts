import type { ClusterSpec } from '../../store/resource.ts';
import type { ClusterRef, KubernetesVersion } from '../engine.ts';
import { PASS_THROUGH, type Values } from './chart-values.ts';
import { type ClusterShape, clusterValues, reviewFiles, tokenWebhookSecret } from './cluster-values.ts';
import { controlPlane, type ExtraVolumes } from './control-plane.ts';
import { etcdMembers } from './etcd.ts';
import { type HostNames, hostNames } from './host-names.ts';
import { type HostObject, resourceOf, sha256 } from './host-object.ts';
import { networkPolicies } from './network-policies.ts';
import { quotaOf } from './quota.ts';
import { publicHost, type VclusterSettings } from './settings.ts';
import { syncerRules } from './syncer-rules.ts';

/** What a container gets that says nothing itself. */
const DEFAULT_LIMITS = { default: { cpu: '1', memory: '512Mi' }, defaultRequest: { cpu: '100m', memory: '128Mi' } };

type Texts = Readonly<Record<string, string>>;
type Rendered = readonly [kind: string, name: string, body: Values, labels?: Texts | undefined, annotations?: Texts];

const encoded = (text: string) => Buffer.from(text).toString('base64');
const secret = (files: Texts) => ({
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(files).map(([key, text]) => [key, encoded(text)])),
});

function service(app: string, release: string, spec: Values): Values {
  return { spec: { ...spec, selector: { app, release } } };
}

function ports(...named: (readonly [name: string, port: number, targetPort: number])[]) {
  return named.map(([name, port, targetPort]) => ({ name, port, targetPort, protocol: 'TCP' }));
}

/** The Services, and what leads users to them. */
function endpoint(release: string, shape: ClusterShape, { exposure }: VclusterSettings): Rendered[] {
  const isBalanced = exposure.by === 'load-balancer';
  const type = isBalanced ? 'LoadBalancer' : exposure.by === 'node-port' ? 'NodePort' : 'ClusterIP';
  const kubelet = isBalanced ? [] : [['kubelet', 10250, 8443] as const];
  const hidden = { publishNotReadyAddresses: true, clusterIP: 'None' };
  const main = service('vcluster', release, { type, ports: ports(['https', 443, 8443], ...kubelet) });
  const host = publicHost(exposure, shape.ref);
  const objects: Rendered[] = [
    ['Service', `${release}-headless`, service('vcluster', release, { ...hidden, ports: ports(['https', 443, 8443]) })],
    ['Service', release, main, { 'vcluster.loft.sh/service': 'true' }],
  ];
  if (exposure.by === 'ingress') {
    const backend = { service: { name: release, port: { name: 'https' } } };
    const className = exposure.className === undefined ? {} : { ingressClassName: exposure.className };
    const rules = [{ host, http: { paths: [{ backend, path: '/', pathType: 'ImplementationSpecific' }] } }];
    objects.push(['Ingress', release, { spec: { ...className, rules } }, undefined, PASS_THROUGH]);
  }
  if (exposure.by === 'tls-route') {
    const rules = [{ backendRefs: [{ name: release, port: 443 }] }];
    objects.push(['TLSRoute', release, { spec: { parentRefs: [exposure.gateway], hostnames: [host], rules } }]);
  }
  return objects;
}

function etcd(names: HostNames, storageClass: string | undefined): Rendered[] {
  const { release } = names;
  const members = ports(['etcd', 2379, 2379], ['peer', 2380, 2380]);
  const hidden = { publishNotReadyAddresses: true, clusterIP: 'None', ports: members };
  return [
    ['Service', `${release}-etcd-headless`, service('vcluster-etcd', release, hidden), { app: 'vcluster-etcd' }],
    ['Service', `${release}-etcd`, service('vcluster-etcd', release, { type: 'ClusterIP', ports: members }), { app: 'vcluster-etcd' }],
    ['StatefulSet', `${release}-etcd`, { spec: etcdMembers(names, storageClass) }, { app: 'vcluster-etcd' }],
  ];
}

function access({ release, namespace }: HostNames, isHighlyAvailable: boolean): Rendered[] {
  const name = `vc-${release}`;
  return [
    ['ServiceAccount', name, {}],
    ['ServiceAccount', `vc-workload-${release}`, {}],
    ['Role', name, { rules: syncerRules(isHighlyAvailable) }],
    [
      'RoleBinding',
      name,
      {
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
        roleRef: { kind: 'Role', name, apiGroup: 'rbac.authorization.k8s.io' },
      },
    ],
  ];
}

/** Everything of a cluster that lies in its namespace on the host, in the order in which it is applied. Pure: the same for the same arguments. */
export function renderCluster(ref: ClusterRef, spec: ClusterSpec, version: KubernetesVersion, settings: VclusterSettings): HostObject[] {
  const names = hostNames(ref);
  const { release, namespace } = names;
  const { storageClass, tokenReview, exposure } = settings;
  const shape: ClusterShape = { ref, release, version, isHighlyAvailable: spec.highAvailability };
  const values = clusterValues(shape, settings);
  const config = JSON.stringify(values);
  const { controlPlane: said, policies } = values as unknown as MergedValues;
  const webhooks = tokenReview && reviewFiles(tokenReview, ref.uid);
  const objects: Rendered[] = [
    ['ResourceQuota', 'openkupe', { spec: { hard: quotaOf(spec, exposure) } }],
    ['LimitRange', 'openkupe', { spec: { limits: [{ type: 'Container', ...DEFAULT_LIMITS }] } }],
    ...Object.entries(networkPolicies(release, policies.networkPolicy.controlPlane.egress)).map(
      ([name, policy]): Rendered => ['NetworkPolicy', name, { spec: policy }],
    ),
    ...access(names, spec.highAvailability),
    ['Secret', `vc-config-${release}`, secret({ 'config.yaml': config })],
    ...(webhooks ? [['Secret', tokenWebhookSecret(release), secret(webhooks)] as Rendered] : []),
    ...endpoint(release, shape, settings),
    ...(spec.highAvailability ? etcd(names, storageClass) : []),
    // NOTE: the API server reads the file of the token webhook at its start only.
    [
      'StatefulSet',
      release,
      { spec: controlPlane(shape, sha256(config + JSON.stringify(webhooks ?? {})), storageClass, said.statefulSet.persistence) },
    ],
  ];
  return objects.map(([kind, name, body, labels, annotations]) => ({
    apiVersion: resourceOf(kind).apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: { app: 'vcluster', release, ...names.labels, ...labels },
      ...(annotations ? { annotations } : {}),
    },
    ...body,
  }));
}

/** The parts of the merged values that are read again. */
interface MergedValues {
  readonly controlPlane: { readonly statefulSet: { readonly persistence: ExtraVolumes } };
  readonly policies: { readonly networkPolicy: { readonly controlPlane: { readonly egress: readonly Values[] } } };
}
