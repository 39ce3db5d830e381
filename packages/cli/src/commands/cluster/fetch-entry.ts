import { resolve } from 'node:path';
import { type Context, on, parsed } from '../../command.ts';
import { type FailureDetails, misuse, type NextStep } from '../../failure/failure.ts';
import { execUser, type KubeconfigEntry, type KubeconfigUser, kubeconfigEntry, type PluginSource } from '../../kubeconfig/kubeconfig.ts';
import { ownCommand } from '../../kubeconfig/own-command.ts';
import { parseDuration } from '../../settings/duration.ts';
import type { Credentials } from '../../settings/settings.ts';
import { defaultName } from '../../sign-in/logins-file.ts';
import { clusterNextStep } from './next-step.ts';

/** How kubectl signs in: by a token, or else by one of these. */
interface SignInChoice {
  readonly exec: boolean;
  readonly certificate: boolean;
  readonly lifetime: number | undefined;
}

/** The flags for a client certificate. */
export const CERTIFICATE_FLAGS = {
  certificate: on('Sign in with a short-lived client certificate instead of a token, for a cluster that cannot ask about tokens.'),
  lifetime: parsed('duration', 'With --certificate: how long it is valid, from 10m to 24h; an hour if not given.', parseDuration),
} as const;

/** Absolute paths, because kubectl runs elsewhere. Proxies are not repeated: kubectl has the same environment. */
function pluginSource({ host, tenant, signIn }: Credentials, { io, env, connection }: Context): PluginSource {
  const absolute = (path: string | undefined) => (path ? resolve(path) : undefined);
  const name = signIn && signIn.name !== defaultName(signIn) ? signIn.name : undefined;
  return {
    own: ownCommand(io, env),
    flags: { host, tenant, context: connection.context ?? name, 'ca-file': absolute(connection.caFile) },
    env: { KUPE_CONFIG: absolute(env.KUPE_CONFIG), KUPE_CA_FILE: connection.caFile ? undefined : absolute(env.KUPE_CA_FILE) },
  };
}

/** Asks for a client certificate; the server says which lifetimes are possible. */
async function certificateUser(cluster: string, lifetimeMs: number | undefined, context: Context): Promise<KubeconfigUser> {
  const body = lifetimeMs === undefined ? {} : { lifetimeSeconds: Math.round(lifetimeMs / 1_000) };
  const client = await context.client();
  const { value } = await client.clusters.clientCertificate(cluster, body, { signal: context.signal });
  context.note(`The certificate ends at ${value.expiresAt}.`);
  return { 'client-certificate-data': value.certificate, 'client-key-data': value.privateKey };
}

/** Says that clusters refuse the token of a key with address ranges. A server that does not say what limits a key is not asked again. */
async function noteAddressRanges(context: Context): Promise<void> {
  const client = await context.client();
  const session = await client.session.get({ signal: context.signal }).catch(() => undefined);
  if (!session?.value.apiKey?.addressRanges) return;
  context.note(
    'This API key is for some addresses only, so clusters refuse it: they do not see where you are. Use --certificate or another key.',
  );
}

/** Asks where the cluster is, and makes an entry with which kubectl signs in as the caller. */
export async function fetchEntry(name: string, { exec, certificate, lifetime }: SignInChoice, context: Context): Promise<KubeconfigEntry> {
  if (certificate && exec) throw misuse('--certificate and --exec are two ways to sign in; give one of them.');
  if (lifetime !== undefined && !certificate) throw misuse('--lifetime is that of a certificate; add --certificate.');
  const credentials = await context.credentials();
  const { tenant, apiKey, signIn } = credentials;
  const client = await context.client();
  const { value } = await client.clusters.connection(name, { signal: context.signal });
  if (certificate) return kubeconfigEntry(tenant, name, value, await certificateUser(name, lifetime, context));
  if (!signIn) await noteAddressRanges(context);
  return kubeconfigEntry(tenant, name, value, exec ? execUser(pluginSource(credentials, context)) : { token: apiKey });
}

/** What to run after {@link fetchEntry} has failed: a wait where the cluster is not ready. */
export function clusterNextStepOrWait(failure: FailureDetails, name: string): NextStep | undefined {
  if (failure.status !== 503) return clusterNextStep(failure, name);
  return { run: `openkupe cluster wait ${name} --for running`, why: 'until it is ready' };
}
