import { resolve } from 'node:path';
import { type Context, command, on, parsed, text } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { Failure, misuse } from '../../failure/failure.ts';
import { editFile, writeNewFile } from '../../kubeconfig/edit-file.ts';
import {
  execUser,
  type KubeconfigEntry,
  type KubeconfigUser,
  kubeconfigEntry,
  kubeconfigWith,
  type PluginSource,
} from '../../kubeconfig/kubeconfig.ts';
import { ownCommand } from '../../kubeconfig/own-command.ts';
import { kubeconfigPath } from '../../kubeconfig/path.ts';
import { parseDuration } from '../../settings/duration.ts';
import type { Credentials } from '../../settings/settings.ts';
import { defaultName } from '../../sign-in/logins-file.ts';
import { clusterNextStep } from './next-step.ts';

function refuse(sentence: string): never {
  throw new Failure(sentence, { code: 'kubeconfig-conflict', exit: EXIT.conflict, outcome: 'not-applied' });
}

async function mergeInto(path: string, entry: KubeconfigEntry, isForced: boolean, context: Context): Promise<void> {
  const { mergeKubeconfig } = await import('../../kubeconfig/merge.ts');
  let previous: string | undefined;
  const edit = (before: string) => {
    const merge = mergeKubeconfig(before, entry, isForced);
    if (merge.kind === 'unreadable') return refuse(`The kubeconfig "${path}" was left as it is: ${merge.reason}.`);
    if (merge.kind === 'other-server') {
      const servers = `there it is ${merge.server}, here ${entry.cluster.server}`;
      return refuse(`The kubeconfig "${path}" has another cluster named "${entry.name}" (${servers}); --force replaces it.`);
    }
    if (merge.kind === 'user-in-use') {
      const uses = `the context "${merge.context}" uses the user "${entry.name}", which would change`;
      return refuse(`The kubeconfig "${path}" was left as it is: ${uses}; --force replaces it.`);
    }
    previous = merge.previousContext;
    return merge.text;
  };
  await editFile(path, edit, context.clock, context.signal);
  context.note(`Merged into ${path}; the current context is ${entry.name}${previous === undefined ? '' : ` (was ${previous})`}.`);
}

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

/** `GET …/clusters/{name}/kubeconfig`: prints a kubeconfig, writes it to a file, or merges it into one. */
export const clusterKubeconfig = command({
  path: 'cluster kubeconfig',
  summary: 'Print a kubeconfig for a cluster, or merge it into yours.',
  details:
    'The context is kupe-TENANT-CLUSTER and signs in with your own API key or, with --exec, by running `openkupe auth get-token`, so that the file holds ' +
    'no secret. --merge edits the first writable file of $KUBECONFIG, or ' +
    '~/.kube/config: comments, other entries and what you added to this one stay, the former text is kept beside it as .bak, and the context becomes the current one.',
  examples: [
    { run: 'openkupe cluster kubeconfig production > production.yaml', why: 'a kubeconfig of its own' },
    { run: 'openkupe cluster kubeconfig production --merge', why: 'for kubectl without further flags' },
    { run: 'openkupe cluster kubeconfig production --certificate --lifetime 1h --file production.yaml', why: 'without a token' },
    { run: 'openkupe cluster kubeconfig production --merge --exec', why: 'the same after auth login; no secret in the file' },
  ],
  args: { name: { summary: 'The name of the cluster.' } },
  flags: {
    merge: on('Merge it into a kubeconfig instead of printing it.'),
    exec: on('Let kubectl run openkupe for a token instead of writing one into the file.'),
    certificate: on('Write a short-lived client certificate instead of a token, for a cluster that cannot ask about tokens.'),
    lifetime: parsed('duration', 'With --certificate: how long it is valid, from 10m to 24h; an hour if not given.', parseDuration),
    file: text('file', 'Write to this file: a new one, or with --merge the one to merge into.'),
    force: on('With --merge: replace an entry of the same name that points to another server, or a user that another context uses.'),
  },
  formats: ['yaml', 'json'],
  isRemote: true,
  next: (failure, { name }) =>
    failure.status === 503
      ? { run: `openkupe cluster wait ${name} --for running`, why: 'until it is ready' }
      : clusterNextStep(failure, name),
  async run({ args: { name }, flags }, context) {
    const credentials = await context.credentials();
    const { tenant, apiKey, signIn } = credentials;
    const client = await context.client();
    const { value } = await client.clusters.connection(name, { signal: context.signal });
    if (signIn && !flags.exec && !flags.certificate)
      context.note('The token in it ends soon, as the token of a sign-in does; with --exec kubectl gets new ones.');
    if (flags.certificate && flags.exec) throw misuse('--certificate and --exec are two ways to sign in; give one of them.');
    if (flags.lifetime !== undefined && !flags.certificate) throw misuse('--lifetime is that of a certificate; add --certificate.');
    const user = flags.certificate
      ? await certificateUser(name, flags.lifetime, context)
      : flags.exec
        ? execUser(pluginSource(credentials, context))
        : { token: apiKey };
    const entry = kubeconfigEntry(tenant, name, value, user);
    if (flags.merge) {
      await mergeInto(flags.file ?? kubeconfigPath(context.env, context.io.homeFolder), entry, flags.force, context);
      return { kind: 'nothing' };
    }
    const document = kubeconfigWith(entry);
    const { stringify } = await import('yaml');
    const yaml = stringify(document, { lineWidth: 0 });
    if (flags.file === undefined) return { kind: 'document', text: yaml, value: document };
    await writeNewFile(flags.file, yaml);
    context.note(`Wrote ${flags.file}; use it with: kubectl --kubeconfig ${flags.file} get namespaces`);
    return { kind: 'nothing' };
  },
});
