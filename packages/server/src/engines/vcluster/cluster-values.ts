import type { ClusterRef, KubernetesVersion } from '../engine.ts';
import {
  accessReviewConfiguration,
  accessReviewKubeconfig,
  type TokenReviewAccess,
  tokenReviewKubeconfig,
} from '../token-review-access.ts';
import { CHART_VALUES, mergeValues, type Values, VCLUSTER_VERSION } from './chart-values.ts';
import { NOT_PUBLIC } from './network-policies.ts';
import { type Exposure, publicHost, type VclusterSettings } from './settings.ts';
import { CONTROL_PLANE, ETCD, REPLICAS } from './sizes.ts';

/** The folder of the control plane's container in which the file of the token webhook lies. */
export const TOKEN_WEBHOOK_FOLDER = '/etc/openkupe';
/** The keys of the Secret, and the names of the files, with which an API server asks about users. */
const REVIEW_FILES = { token: 'token-webhook.json', access: 'access-webhook.json', authorization: 'authorization.json' };
/** The Secret that holds these files. */
export const tokenWebhookSecret = (release: string) => `vc-token-webhook-${release}`;

/** What the values of a cluster depend on. The quota does not belong to it: a change of a value restarts the control plane. */
export interface ClusterShape {
  readonly ref: ClusterRef;
  readonly release: string;
  readonly version: KubernetesVersion;
  readonly isHighlyAvailable: boolean;
}

/** The files with which the API server of a cluster asks whose a token is, and whether a user has lost access since. */
export function reviewFiles(tokenReview: TokenReviewAccess, uid: string): Readonly<Record<string, string>> {
  return {
    [REVIEW_FILES.token]: tokenReviewKubeconfig(tokenReview, uid),
    [REVIEW_FILES.access]: accessReviewKubeconfig(tokenReview, uid),
    [REVIEW_FILES.authorization]: accessReviewConfiguration(`${TOKEN_WEBHOOK_FOLDER}/${REVIEW_FILES.access}`, ['Node', 'RBAC']),
  };
}

/** What is said to vCluster beside the values of its chart. */
export function ownValues({ ref, release, version, isHighlyAvailable }: ClusterShape, settings: VclusterSettings): Values {
  const { exposure, storageClass, tokenReview } = settings;
  const host = publicHost(exposure, ref);
  const claim = { volumeClaim: { enabled: true, ...(storageClass === undefined ? {} : { storageClass }) } };
  const webhook = tokenReview ? tokenWebhook(release) : { args: [], persistence: {} };
  return {
    controlPlane: {
      distro: { k8s: { enabled: true, version: version.full, apiServer: { extraArgs: webhook.args } } },
      statefulSet: {
        // NOTE: the chart's default is another build, which asks for a licence.
        image: { repository: 'loft-sh/vcluster-oss', tag: VCLUSTER_VERSION },
        resources: CONTROL_PLANE,
        persistence: { ...claim, ...webhook.persistence },
        ...(isHighlyAvailable ? { highAvailability: { replicas: REPLICAS }, scheduling: spread(release) } : {}),
      },
      ...(isHighlyAvailable ? { backingStore: deployedEtcd(claim) } : {}),
      proxy: { extraSANs: host === undefined ? [] : [host] },
      ...exposed(exposure, host ?? ''),
    },
    exportKubeConfig: { server: host === undefined || exposure.by === 'node-port' ? '' : `https://${host}` },
    policies: {
      // NOTE: both are objects of ours beside the values, so that a change of the quota restarts nothing.
      resourceQuota: { enabled: false },
      limitRange: { enabled: false },
      networkPolicy: {
        enabled: true,
        controlPlane: { egress: webhookEgress(tokenReview?.url) },
        workload: { publicEgress: { except: NOT_PUBLIC } },
      },
    },
    telemetry: { enabled: false },
  };
}

/** The complete values, as the chart would merge them. */
export function clusterValues(shape: ClusterShape, settings: VclusterSettings): Values {
  return mergeValues(CHART_VALUES, ownValues(shape, settings));
}

function tokenWebhook(release: string) {
  const name = 'token-webhook';
  return {
    args: [
      `--authentication-token-webhook-config-file=${TOKEN_WEBHOOK_FOLDER}/${REVIEW_FILES.token}`,
      '--authentication-token-webhook-version=v1',
      '--authentication-token-webhook-cache-ttl=1s',
      // NOTE: vCluster gives --authorization-mode, which excludes --authorization-config, unless a flag of that name is among these arguments. Here
      // the name is the value of a flag that has no effect beside --tls-cert-file.
      ...['--cert-dir', '--authorization-mode'],
      `--authorization-config=${TOKEN_WEBHOOK_FOLDER}/${REVIEW_FILES.authorization}`,
    ],
    persistence: {
      addVolumes: [{ name, secret: { secretName: tokenWebhookSecret(release) } }],
      addVolumeMounts: [{ name, mountPath: TOKEN_WEBHOOK_FOLDER, readOnly: true }],
    },
  };
}

/** High availability in the open build: etcd as pods of its own, because the embedded one needs a licence and SQLite has one replica. */
function deployedEtcd(persistence: Values): Values {
  const statefulSet = { highAvailability: { replicas: REPLICAS }, resources: ETCD, persistence };
  return { etcd: { deploy: { enabled: true, statefulSet } } };
}

function spread(release: string): Values {
  const labelSelector = { matchLabels: { app: 'vcluster', release } };
  const constraint = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector };
  return { topologySpreadConstraints: [constraint] };
}

function exposed(exposure: Exposure, host: string): Values {
  // NOTE: the chart's own host of an ingress, my-host.com, would be on the certificate.
  const unused = { ingress: { host: '' }, tlsRoute: { host: '' } };
  switch (exposure.by) {
    case 'load-balancer':
      return { ...unused, service: { spec: { type: 'LoadBalancer' } } };
    case 'node-port':
      return { ...unused, service: { spec: { type: 'NodePort' } } };
    case 'ingress': {
      const spec = exposure.className === undefined ? {} : { ingressClassName: exposure.className };
      return { ...unused, ingress: { enabled: true, host, spec } };
    }
    case 'tls-route':
      return { ...unused, tlsRoute: { enabled: true, host, parentRefs: [exposure.gateway] } };
  }
}

/** The chart's policy lets a control plane reach the ports 443, 6443 and 8443 of any address; the webhook may be at another. */
function webhookEgress(url: string | undefined): readonly Values[] {
  const port = url === undefined ? 443 : Number(new URL(url).port || 443);
  return [443, 6443, 8443].includes(port) ? [] : [{ ports: [{ port, protocol: 'TCP' }] }];
}
