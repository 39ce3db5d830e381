import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '@openkupe/files/error-code';
import { type Context, command } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { Failure } from '../../failure/failure.ts';
import type { Environment } from '../../io.ts';
import { kubeconfigWith } from '../../kubeconfig/kubeconfig.ts';
import { exitCodeOfChild } from '../exit-code-of-child.ts';
import { CERTIFICATE_FLAGS, clusterNextStepOrWait, fetchEntry } from './fetch-entry.ts';

/** What names the folder for temporary files. */
const TEMPORARY = platform() === 'win32' ? 'TEMP' : 'TMPDIR';

const shellOf = ({ SHELL, ComSpec }: Environment): string => SHELL || (platform() === 'win32' && ComSpec) || 'sh';

/** Runs the shell in the foreground; resolves with its exit code. SIGHUP ends it when `hangUp` aborts: interactive shells ignore SIGTERM. */
async function runShell(kubeconfig: string, env: Environment, hangUp: AbortSignal): Promise<number> {
  const { spawn } = await import('node:child_process');
  const shell = shellOf(env);
  const child = spawn(shell, { env: { ...env, KUBECONFIG: kubeconfig }, stdio: 'inherit' });
  const end = () => void child.kill('SIGHUP');
  if (hangUp.aborted) end();
  hangUp.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(
        new Failure(`The shell "${shell}" cannot be run (${codeOf(error)}); name another one in SHELL.`, {
          code: 'shell',
          exit: EXIT.failed,
        }),
      ),
    );
    child.once('exit', (code, signal) => resolve(exitCodeOfChild(code, signal)));
  });
}

function failWriting(error: unknown): never {
  throw new Failure(
    `The kubeconfig cannot be written to "${tmpdir()}" (${codeOf(error)}); name a folder that can be written to in ${TEMPORARY}.`,
    { code: 'file', exit: EXIT.failed },
  );
}

/** Calls `use` with the path of a file that only its owner can read, and removes it afterwards, with what was put beside it. */
async function withPrivateFile(text: string, use: (path: string) => Promise<number>, { note }: Pick<Context, 'note'>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'openkupe-connect-')).catch(failWriting);
  try {
    const path = join(folder, 'kubeconfig');
    await writeFile(path, text, { mode: 0o600 }).catch(failWriting);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true }).catch((error: unknown) =>
      note(`The folder ${folder} could not be removed (${codeOf(error)}); delete it, for it holds your credential.`),
    );
  }
}

/** `GET …/clusters/{name}/kubeconfig`, and a shell in which kubectl is on that cluster. */
export const clusterConnect = command({
  path: 'cluster connect',
  summary: 'Open a shell in which kubectl is on a cluster.',
  details:
    'KUBECONFIG names a file that only you can read; it is removed when the shell ends, and your own kubeconfig stays as it is. After `auth login` ' +
    'kubectl runs `openkupe auth get-token`, so that the file holds no secret. The shell is that of SHELL; its exit code is that of the command.',
  examples: [
    { run: 'openkupe cluster connect production', why: 'then: kubectl get namespaces; exit' },
    { run: 'openkupe cluster connect production <commands.sh', why: 'commands from a file' },
  ],
  args: { name: { summary: 'The name of the cluster.', names: 'cluster' } },
  flags: CERTIFICATE_FLAGS,
  formats: [],
  ownsSignals: true,
  isRemote: true,
  hasScript: false,
  next: (failure, { name }) => clusterNextStepOrWait(failure, name),
  async run({ args: { name }, flags }, context) {
    const { io, env } = context;
    const { signIn } = await context.credentials();
    const entry = await fetchEntry(name, { ...flags, exec: signIn !== undefined && !flags.certificate }, context);
    const hangUp = new AbortController();
    // NOTE: Ctrl-C in a terminal is for what runs in the shell, which gets it, too.
    const stopListening = io.onSignal((signal) => {
      if (signal !== 'SIGINT' || !io.stdin.isTerminal) hangUp.abort();
    });
    try {
      const text = JSON.stringify(kubeconfigWith(entry));
      const use = (path: string) => {
        context.note(`In this shell kubectl uses ${entry.name}; leave it with exit.`);
        return runShell(path, env, hangUp.signal);
      };
      return { kind: 'exit', code: await withPrivateFile(text, use, context) };
    } finally {
      stopListening();
    }
  },
});
