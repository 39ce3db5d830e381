import type { Values } from './chart-values.ts';

type Rules = readonly Values[];

const tcp = (...ports: number[]) => ports.map((port) => ({ port, protocol: 'TCP' }));
const dns = [
  { port: 1053, protocol: 'UDP' },
  { port: 1053, protocol: 'TCP' },
];
const hostDns = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};
/**
 * What workloads do not reach: private ranges, in which the host's own machines and pods are, and link-local addresses, which the chart leaves open
 * and at which clouds give the credentials of a node to whatever asks.
 */
export const NOT_PUBLIC = ['100.64.0.0/10', '127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'];

/**
 * The specs of the network policies, by name. Workloads reach each other, their DNS, their control plane and public addresses. The control
 * plane reaches the host's API server, and is reached at port 8443 from anywhere.
 */
export function networkPolicies(release: string, egressOfControlPlane: Rules): Readonly<Record<string, Values>> {
  const controlPlane = { podSelector: { matchLabels: { release } } };
  const managed = { 'vcluster.loft.sh/managed-by': release };
  const workloads = { podSelector: { matchLabels: managed } };
  const snapshots = { podSelector: { matchLabels: { app: 'vcluster-snapshot' } } };
  const platform = { podSelector: { matchLabels: { app: 'loft' } }, namespaceSelector: {} };
  const policyTypes = ['Egress', 'Ingress'];
  return {
    [`vc-work-${release}`]: {
      ...workloads,
      policyTypes,
      egress: [
        { ports: [...dns, ...tcp(8443)], to: [controlPlane] },
        { to: [workloads] },
        { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: NOT_PUBLIC } }] },
      ],
      ingress: [{ from: [controlPlane] }, { from: [workloads] }],
    },
    [`vc-cp-${release}`]: {
      ...controlPlane,
      policyTypes,
      egress: [
        { to: [hostDns] },
        { ports: tcp(443, 8443, 6443) },
        { to: [controlPlane] },
        { to: [workloads] },
        { to: [platform] },
        ...egressOfControlPlane,
      ],
      ingress: [
        { ports: tcp(8443) },
        { from: [controlPlane] },
        { ports: [...dns, ...tcp(8443)], from: [workloads] },
        { from: [snapshots] },
        { from: [platform] },
      ],
    },
    [`vc-kube-dns-${release}`]: {
      podSelector: { matchLabels: { 'k8s-app': 'vcluster-kube-dns', ...managed } },
      policyTypes,
      egress: [{ to: [hostDns] }, { to: [controlPlane], ports: tcp(8443) }],
      ingress: [{ from: [workloads], ports: [dns[1], dns[0]] }],
    },
    [`vc-snapshot-${release}`]: {
      ...snapshots,
      policyTypes,
      egress: [{ to: [controlPlane] }, { to: [hostDns] }, { ports: tcp(443, 8443, 6443) }],
    },
  };
}
