import type { Values } from './chart-values.ts';
import { dataClaim } from './control-plane.ts';
import type { HostNames } from './host-names.ts';
import { ETCD, REPLICAS } from './sizes.ts';

const PKI = '/run/config/pki';

function command({ namespace, release }: HostNames): readonly string[] {
  const domain = `${release}-etcd-headless.${namespace}`;
  const members = Array.from({ length: REPLICAS }, (_, index) => `${release}-etcd-${index}`);
  return [
    'etcd',
    `--cert-file=${PKI}/etcd-server.crt`,
    '--client-cert-auth=true',
    '--data-dir=/var/lib/etcd',
    `--advertise-client-urls=https://$(NAME).${domain}:2379`,
    `--initial-advertise-peer-urls=https://$(NAME).${domain}:2380`,
    `--initial-cluster=${members.map((member) => `${member}=https://${member}.${domain}:2380`).join(',')}`,
    `--initial-cluster-token=${release}`,
    '--initial-cluster-state=new',
    '--listen-client-urls=https://0.0.0.0:2379',
    '--listen-metrics-urls=http://0.0.0.0:2381',
    '--listen-peer-urls=https://0.0.0.0:2380',
    `--key-file=${PKI}/etcd-server.key`,
    '--name=$(NAME)',
    `--peer-cert-file=${PKI}/etcd-peer.crt`,
    '--peer-client-cert-auth=true',
    `--peer-key-file=${PKI}/etcd-peer.key`,
    `--peer-trusted-ca-file=${PKI}/etcd-ca.crt`,
    '--snapshot-count=10000',
    `--trusted-ca-file=${PKI}/etcd-ca.crt`,
  ];
}

/** Members are kept apart where that is possible: on other nodes first, then in other zones. */
function apart(release: string): Values {
  const matchExpressions = [
    { key: 'app', operator: 'In', values: ['vcluster-etcd'] },
    { key: 'release', operator: 'In', values: [release] },
  ];
  const term = (weight: number, topologyKey: string) => ({ weight, podAffinityTerm: { labelSelector: { matchExpressions }, topologyKey } });
  const preferredDuringSchedulingIgnoredDuringExecution = [term(100, 'kubernetes.io/hostname'), term(50, 'topology.kubernetes.io/zone')];
  return { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution } };
}

function probe(path: string, failureThreshold: number): Values {
  const httpGet = { path, port: 2381, scheme: 'HTTP' };
  return { httpGet, initialDelaySeconds: 10, timeoutSeconds: 15, periodSeconds: 10, successThreshold: 1, failureThreshold };
}

/** The spec of the StatefulSet of etcd, for a cluster with high availability. vCluster writes the Secret of its certificates. */
export function etcdMembers(names: HostNames, storageClass: string | undefined): Values {
  const { release } = names;
  const labels = { app: 'vcluster-etcd', release };
  return {
    replicas: REPLICAS,
    podManagementPolicy: 'Parallel',
    serviceName: `${release}-etcd-headless`,
    selector: { matchLabels: labels },
    volumeClaimTemplates: [dataClaim(storageClass)],
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 10,
        affinity: apart(release),
        automountServiceAccountToken: false,
        serviceAccountName: `vc-${release}`,
        volumes: [{ name: 'certs', secret: { secretName: `${release}-certs` } }],
        enableServiceLinks: true,
        containers: [
          {
            name: 'etcd',
            image: 'registry.k8s.io/etcd:3.6.8-0',
            command: command(names),
            env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
            volumeMounts: [
              { name: 'data', mountPath: '/var/lib/etcd' },
              { name: 'certs', mountPath: PKI, readOnly: true },
            ],
            resources: ETCD,
            livenessProbe: probe('/livez', 8),
            startupProbe: probe('/readyz', 24),
          },
        ],
      },
    },
  };
}
