/** The chart, and so the vCluster, whose values and objects this engine writes. */
export const VCLUSTER_VERSION = '0.36.1';

/** Values, or a part of them. */
export type Values = { readonly [name: string]: unknown };

/** Features that are on unless a cluster says otherwise. */
const ENABLED = [
  'controlPlane.advanced.serviceAccount',
  'controlPlane.advanced.workloadServiceAccount',
  'controlPlane.backingStore.etcd.deploy.service',
  'controlPlane.backingStore.etcd.deploy.statefulSet',
  'controlPlane.backingStore.etcd.deploy.statefulSet.persistence.volumeClaim',
  'controlPlane.coredns',
  'controlPlane.distro.k8s.apiServer',
  'controlPlane.distro.k8s.controllerManager',
  'controlPlane.service',
  'controlPlane.statefulSet.probes.livenessProbe',
  'controlPlane.statefulSet.probes.readinessProbe',
  'controlPlane.statefulSet.probes.startupProbe',
  'policies.networkPolicy.workload.publicEgress',
  'rbac.role',
  'sync.fromHost.events',
  'sync.toHost.configMaps',
  'sync.toHost.endpointSlices',
  'sync.toHost.endpoints',
  'sync.toHost.persistentVolumeClaims',
  'sync.toHost.pods',
  'sync.toHost.pods.rewriteHosts',
  'sync.toHost.secrets',
  'sync.toHost.services',
];

/** Features that vCluster switches on where another one needs them. */
const AUTOMATIC = [
  'rbac.clusterRole',
  'sync.fromHost.csiDrivers',
  'sync.fromHost.csiNodes',
  'sync.fromHost.csiStorageCapacities',
  'sync.fromHost.storageClasses',
  'sync.toHost.gatewayApi.referenceGrants',
];

const claim = { accessModes: ['ReadWriteOnce'], retentionPolicy: 'Retain', size: '5Gi' };
const probe = { failureThreshold: 60, periodSeconds: 2, timeoutSeconds: 3 };

/** What makes an Ingress of nginx pass TLS through. */
export const PASS_THROUGH = {
  'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS',
  'nginx.ingress.kubernetes.io/ssl-passthrough': 'true',
  'nginx.ingress.kubernetes.io/ssl-redirect': 'true',
};

const CONTROL_PLANE: Values = {
  coredns: {
    deployment: {
      replicas: 1,
      resources: { limits: { cpu: '1000m', memory: '170Mi' }, requests: { cpu: '20m', memory: '64Mi' } },
      topologySpreadConstraints: [
        {
          labelSelector: { matchLabels: { 'k8s-app': 'vcluster-kube-dns' } },
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'DoNotSchedule',
        },
      ],
    },
    service: { spec: { type: 'ClusterIP' } },
  },
  distro: {
    k8s: {
      image: { registry: 'ghcr.io', repository: 'loft-sh/kubernetes', tag: 'v1.36.0' },
      resources: { limits: { cpu: '100m', memory: '256Mi' }, requests: { cpu: '40m', memory: '64Mi' } },
    },
  },
  backingStore: {
    etcd: {
      deploy: {
        statefulSet: {
          enableServiceLinks: true,
          highAvailability: { replicas: 1 },
          image: { registry: 'registry.k8s.io', repository: 'etcd', tag: '3.6.8-0' },
          persistence: { volumeClaim: claim },
          resources: { requests: { cpu: '20m', memory: '150Mi' } },
          scheduling: { podManagementPolicy: 'Parallel' },
        },
      },
    },
  },
  ingress: { annotations: PASS_THROUGH, pathType: 'ImplementationSpecific' },
  proxy: { bindAddress: '0.0.0.0', port: 8443 },
  service: { spec: { type: 'ClusterIP' } },
  statefulSet: {
    enableServiceLinks: true,
    highAvailability: { leaseDuration: 60, renewDeadline: 40, replicas: 1, retryPeriod: 15 },
    image: { registry: 'ghcr.io' },
    persistence: { binariesVolume: [{ name: 'binaries', emptyDir: {} }], volumeClaim: claim },
    probes: {
      livenessProbe: { ...probe, initialDelaySeconds: 60 },
      readinessProbe: probe,
      startupProbe: { ...probe, failureThreshold: 300, periodSeconds: 6 },
    },
    resources: {
      limits: { 'ephemeral-storage': '10Gi', memory: '4Gi' },
      requests: { cpu: '200m', 'ephemeral-storage': '1Gi', memory: '256Mi' },
    },
    scheduling: { podManagementPolicy: 'Parallel' },
  },
  tlsRoute: { apiVersion: 'gateway.networking.k8s.io/v1' },
};

const OTHERS: Values = {
  experimental: { syncSettings: { setOwner: true } },
  logging: { encoding: 'console' },
  networking: {
    advanced: { clusterDomain: 'cluster.local', proxyKubelets: { byHostname: true, byIP: true } },
    podCIDR: '10.244.0.0/16',
  },
  policies: {
    networkPolicy: {
      fallbackDns: '8.8.8.8',
      workload: {
        publicEgress: {
          cidr: '0.0.0.0/0',
          except: ['100.64.0.0/10', '127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
        },
      },
    },
  },
  sync: {
    fromHost: { gateways: { sanitize: { certificateRefs: true, infrastructure: true } } },
    toHost: {
      pods: {
        rewriteHosts: {
          initContainer: {
            image: { registry: 'mirror.gcr.io', repository: 'library/alpine', tag: '3.20' },
            resources: { limits: { cpu: '30m', memory: '64Mi' }, requests: { cpu: '30m', memory: '64Mi' } },
          },
        },
      },
    },
  },
};

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` laid over `base` as Helm does it: objects are merged, everything else is replaced. */
export function mergeValues(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const under = merged[name];
    merged[name] = isValues(under) && isValues(value) ? mergeValues(under, value) : value;
  }
  return merged;
}

const switched = (path: string, enabled: unknown) => path.split('.').reduceRight<Values>((inner, name) => ({ [name]: inner }), { enabled });

/**
 * The chart's own values (https://github.com/loft-sh/vcluster/blob/v0.36.1/chart/values.yaml) as far as they are not false, empty or zero, which
 * is what vCluster reads for a value that is absent, and as far as they are not of features that are off.
 */
export const CHART_VALUES: Values = [
  { controlPlane: CONTROL_PLANE },
  ...ENABLED.map((path) => switched(path, true)),
  ...AUTOMATIC.map((path) => switched(path, 'auto')),
].reduce(mergeValues, OTHERS);
