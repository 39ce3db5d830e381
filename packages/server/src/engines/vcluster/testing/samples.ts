import type { ClusterSpec } from '../../../store/resource.ts';
import type { ClusterRef, KubernetesVersion } from '../../engine.ts';
import type { VclusterSettings } from '../settings.ts';

export const REF: ClusterRef = { tenant: 'acme', name: 'production', uid: '5f0c1d2e-0000-4000-8000-000000000000', type: 'shared' };

export const NEWER: KubernetesVersion = { minor: '1.36', full: 'v1.36.3' };
export const OLDER: KubernetesVersion = { minor: '1.35', full: 'v1.35.4' };

export const SETTINGS: VclusterSettings = { versions: [NEWER, OLDER], exposure: { by: 'load-balancer' } };

export const SPEC: ClusterSpec = {
  displayName: 'Production',
  type: 'shared',
  version: '1.36',
  resources: { cpu: '2', memory: '4Gi', storage: '50Gi' },
  highAvailability: false,
};
