import { type Context, command, on, text } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { Failure } from '../../failure/failure.ts';
import { editFile, writeNewFile } from '../../kubeconfig/edit-file.ts';
import { type KubeconfigEntry, kubeconfigWith } from '../../kubeconfig/kubeconfig.ts';
import { kubeconfigPath } from '../../kubeconfig/path.ts';
import { CERTIFICATE_FLAGS, clusterNextStepOrWait, fetchEntry } from './fetch-entry.ts';

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
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: {
    merge: on('Merge it into a kubeconfig instead of printing it.'),
    exec: on('Let kubectl run openkupe for a token instead of writing one into the file.'),
    ...CERTIFICATE_FLAGS,
    file: text('file', 'Write to this file: a new one, or with --merge the one to merge into.'),
    force: on('With --merge: replace an entry of the same name that points to another server, or a user that another context uses.'),
  },
  formats: ['yaml', 'json'],
  isRemote: true,
  hasScript: false,
  next: (failure, { name }) => clusterNextStepOrWait(failure, name),
  async run({ args: { name }, flags }, context) {
    const entry = await fetchEntry(name, flags, context);
    const { signIn } = await context.credentials();
    if (signIn && !flags.exec && !flags.certificate)
      context.note('The token in it ends soon, as the token of a sign-in does; with --exec kubectl gets new ones.');
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
