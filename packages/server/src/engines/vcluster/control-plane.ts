import { type Values, VCLUSTER_VERSION } from './chart-values.ts';
import type { ClusterShape } from './cluster-values.ts';
import { CONTROL_PLANE, PROGRAMS, REPLICAS, VOLUME_SIZE } from './sizes.ts';

/** Volumes and mounts beside those that vCluster needs. */
export interface ExtraVolumes {
  readonly addVolumes?: readonly Values[];
  readonly addVolumeMounts?: readonly Values[];
}

/** What a claim for the volume of one replica says. */
export function dataClaim(storageClass: string | undefined): Values {
  const storageClassName = storageClass === undefined ? {} : { storageClassName: storageClass };
  return {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], ...storageClassName, resources: { requests: { storage: VOLUME_SIZE } } },
  };
}

const probe = (path: string, times: Values) => ({ httpGet: { path, port: 8443, scheme: 'HTTPS' }, timeoutSeconds: 3, ...times });
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
const emptyDir = (name: string) => ({ name, emptyDir: {} });

/** The container of vCluster: API server, controller manager, storage, and what brings pods to the host. */
function syncer(release: string, mounts: readonly Values[]): Values {
  return {
    name: 'syncer',
    image: `ghcr.io/loft-sh/vcluster-oss:${VCLUSTER_VERSION}`,
    livenessProbe: probe('/healthz', { initialDelaySeconds: 60, periodSeconds: 2, failureThreshold: 60 }),
    readinessProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 60 }),
    startupProbe: probe('/readyz', { periodSeconds: 6, failureThreshold: 300 }),
    securityContext: { allowPrivilegeEscalation: false, runAsGroup: 0, runAsUser: 0 },
    resources: CONTROL_PLANE,
    env: [
      { name: 'VCLUSTER_NAME', value: release },
      { name: 'LOFT_LOG_ENCODING', value: 'console' },
      field('POD_NAME', 'metadata.name'),
      field('POD_IP', 'status.podIP'),
      field('NODE_NAME', 'spec.nodeName'),
      field('NODE_IP', 'status.hostIP'),
    ],
    volumeMounts: [
      { name: 'data', mountPath: '/data' },
      { name: 'binaries', mountPath: '/binaries' },
      { name: 'certs', mountPath: '/pki' },
      { name: 'helm-cache', mountPath: '/.cache/helm' },
      { name: 'vcluster-config', mountPath: '/var/lib/vcluster' },
      { name: 'tmp', mountPath: '/tmp' },
      ...mounts,
    ],
  };
}

/** Brings Kubernetes' own programs of one version to the control plane, from an image that holds nothing else. */
function programs(version: string): Values {
  return {
    name: 'kubernetes',
    image: `ghcr.io/loft-sh/kubernetes:${version}`,
    volumeMounts: [{ mountPath: '/binaries', name: 'binaries' }],
    command: ['cp'],
    args: ['-r', '/kubernetes/.', '/binaries/'],
    resources: PROGRAMS,
  };
}

/** The spec of the control plane's StatefulSet. A new `configHash` replaces its pods. */
export function controlPlane(shape: ClusterShape, configHash: string, storageClass: string | undefined, extra: ExtraVolumes): Values {
  const { release, version, isHighlyAvailable } = shape;
  const labels = { app: 'vcluster', release };
  const constraint = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' };
  return {
    selector: { matchLabels: labels },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' },
    serviceName: `${release}-headless`,
    podManagementPolicy: 'Parallel',
    volumeClaimTemplates: [dataClaim(storageClass)],
    replicas: isHighlyAvailable ? REPLICAS : 1,
    template: {
      metadata: { annotations: { vClusterConfigHash: configHash }, labels },
      spec: {
        terminationGracePeriodSeconds: 15,
        ...(isHighlyAvailable ? { topologySpreadConstraints: [{ ...constraint, labelSelector: { matchLabels: labels } }] } : {}),
        serviceAccountName: `vc-${release}`,
        volumes: [
          ...['helm-cache', 'binaries', 'tmp', 'certs'].map(emptyDir),
          { name: 'vcluster-config', secret: { secretName: `vc-config-${release}` } },
          ...(extra.addVolumes ?? []),
        ],
        initContainers: [programs(version.full)],
        enableServiceLinks: true,
        containers: [syncer(release, extra.addVolumeMounts ?? [])],
      },
    },
  };
}
