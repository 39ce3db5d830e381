import type { KubernetesVersion } from './engine.ts';

/** The number of a minor version: 36 of `1.36`, `v1.36` and `v1.36.3`; `NaN` of a text that is none. */
export function minorOf(version: string): number {
  return Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
}

/**
 * Kubernetes has no downgrade: "kubeadm upgrade" and the version skew policy know later versions alone
 * (https://kubernetes.io/releases/version-skew-policy/). For engines that go through the minor versions in between by themselves.
 */
export function whyNotEarlier(running: string, { minor }: KubernetesVersion): string | undefined {
  return minorOf(minor) < minorOf(running) ? `it runs ${running}, and Kubernetes has no downgrade` : undefined;
}

/** {@link whyNotEarlier}, and no minor version is left out: an API server goes from one to the next one by the same policy. */
export function whyNotNext(running: string, wanted: KubernetesVersion): string | undefined {
  const next = minorOf(running) + 1;
  if (minorOf(wanted.minor) <= next) return whyNotEarlier(running, wanted);
  return `it runs ${running}, and an upgrade goes from one minor version to the next; move it to 1.${next} first`;
}
