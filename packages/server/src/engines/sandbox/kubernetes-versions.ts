import type { KubernetesVersion } from '../engine.ts';

/** The versions the sandbox can run, newest first. */
export const SANDBOX_VERSIONS: readonly KubernetesVersion[] = [
  { minor: '1.35', full: 'v1.35.1' },
  { minor: '1.34', full: 'v1.34.3' },
  { minor: '1.33', full: 'v1.33.7' },
  { minor: '1.32', full: 'v1.32.3' },
  { minor: '1.31', full: 'v1.31.14', isRetiring: true },
];
