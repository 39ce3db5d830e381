import type { ConnectionDetails } from '@openkupe/contract/resources/cluster';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';

/** One cluster's part of a kubeconfig: an entry of each list, all three with the same name. */
export interface KubeconfigEntry {
  /** `kupe-<tenant>-<cluster>`. */
  readonly name: string;
  readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  readonly user: { readonly token: string };
}

function isCertificate(base64: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && Buffer.from(base64, 'base64').toString('latin1').includes('-----BEGIN CERTIFICATE-----');
}

/** Builds the entry from what the API says about a cluster; the caller's own key becomes the user's token. */
export function kubeconfigEntry(tenant: string, cluster: string, details: ConnectionDetails, token: string): KubeconfigEntry {
  const { endpoint, certificateAuthority } = details;
  if (!isCertificate(certificateAuthority)) {
    throw new Failure(`The server gave no usable CA certificate for cluster "${cluster}".`, { code: 'unusable-answer', exit: EXIT.failed });
  }
  return {
    name: `kupe-${tenant}-${cluster}`,
    cluster: { server: endpoint, 'certificate-authority-data': certificateAuthority },
    user: { token },
  };
}

/** A whole kubeconfig with that entry alone, as current context. */
export function kubeconfigWith({ name, cluster, user }: KubeconfigEntry): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
}
