/** Resources of a container, as Kubernetes reads them. */
export interface ContainerResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** What one replica of the control plane may take. The CPU limit is ours: a quota of `limits.cpu` refuses pods without one. */
export const CONTROL_PLANE: ContainerResources = {
  requests: { cpu: '200m', memory: '256Mi', 'ephemeral-storage': '1Gi' },
  limits: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '10Gi' },
};

/** What the copy of Kubernetes' programs may take, before a control plane starts. */
export const PROGRAMS: ContainerResources = {
  requests: { cpu: '40m', memory: '64Mi' },
  limits: { cpu: '100m', memory: '256Mi' },
};

/** What one member of etcd may take. The limits are ours. */
export const ETCD: ContainerResources = { requests: { cpu: '20m', memory: '150Mi' }, limits: { cpu: '1', memory: '1Gi' } };

/** What the DNS server of a cluster takes, which vCluster runs in the same namespace. */
export const DNS: ContainerResources = { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu: '1', memory: '170Mi' } };

/** The volume of each replica of the control plane, and of each member of etcd. */
export const VOLUME_SIZE = '5Gi';

/** Replicas of a tier of a cluster with high availability. */
export const REPLICAS = 3;
