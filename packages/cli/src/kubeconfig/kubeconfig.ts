import type { ConnectionDetails } from '@openkupe/contract/resources/cluster';
import { EXIT } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';
import type { OwnCommand } from './own-command.ts';

/** One cluster's part of a kubeconfig: an entry of each list, all three with the same name. */
export interface KubeconfigEntry {
  /** `kupe-<tenant>-<cluster>`. */
  readonly name: string;
  readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string };
  readonly user: KubeconfigUser;
}

/** How kubectl authenticates: by a token, by a command that prints one, or by a client certificate. */
export type KubeconfigUser =
  | { readonly token: string }
  | { readonly exec: ExecPlugin }
  | { readonly 'client-certificate-data': string; readonly 'client-key-data': string };

interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly interactiveMode: 'Never';
  readonly provideClusterInfo: false;
  readonly installHint: string;
}

/** The version of the protocol between kubectl and its credential plugins. */
export const EXEC_CREDENTIAL_VERSION = 'client.authentication.k8s.io/v1';

/** What the command of a credential plugin is made of, so that it finds the present login again. */
export interface PluginSource {
  readonly own: OwnCommand;
  readonly flags: Readonly<Record<'host' | 'tenant' | 'context' | 'ca-file', string | undefined>>;
  /** Variables that the run depends on, e.g. KUPE_CONFIG. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The user of a kubeconfig without a secret: kubectl runs the CLI for a token whenever it needs one. */
export function execUser({ own, flags, env }: PluginSource): KubeconfigUser {
  const given = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  const variables = Object.entries(env).flatMap(([name, value]) => (value ? [{ name, value }] : []));
  return {
    exec: {
      apiVersion: EXEC_CREDENTIAL_VERSION,
      command: own.command,
      args: [...own.args, 'auth', 'get-token', ...given],
      ...(variables.length === 0 ? {} : { env: variables }),
      interactiveMode: 'Never',
      provideClusterInfo: false,
      installHint:
        'This context signs in with openkupe; where it has moved, write the context again: openkupe cluster kubeconfig --merge --exec.',
    },
  };
}

function isCertificate(base64: unknown): boolean {
  if (typeof base64 !== 'string') return false;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && Buffer.from(base64, 'base64').toString('latin1').includes('-----BEGIN CERTIFICATE-----');
}

function unusable(what: string, cluster: string): Failure {
  return new Failure(`The server gave no usable ${what} for cluster "${cluster}".`, { code: 'unusable-answer', exit: EXIT.failed });
}

/** Builds the entry from the connection details of a cluster. Fails with exit code 1 where they are incomplete. */
export function kubeconfigEntry(tenant: string, cluster: string, details: ConnectionDetails, user: KubeconfigUser): KubeconfigEntry {
  const { endpoint, certificateAuthority } = details;
  if (!isCertificate(certificateAuthority)) throw unusable('CA certificate', cluster);
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) throw unusable('endpoint', cluster);
  return {
    name: `kupe-${tenant}-${cluster}`,
    cluster: { server: endpoint, 'certificate-authority-data': certificateAuthority },
    user,
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
