import { spawn, spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';

const DOCKERFILE = fileURLToPath(new URL('../../deploy/container/Dockerfile', import.meta.url));

/** What the last stage of the Dockerfile says about what runs, and as whom. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly health: readonly string[];
  readonly account: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Reads the Dockerfile. */
export function readImage(): Image {
  const stage =
    readFileSync(DOCKERFILE, 'utf8')
      .split(/^FROM /m)
      .at(-1) ?? '';
  const [account = ''] = /(?<=^USER )\S+/m.exec(stage) ?? [];
  const commandOf = (instruction: RegExp): string[] => JSON.parse(instruction.exec(stage)?.[1] ?? '[]');
  const variables = [...(/^ENV (.*)$/m.exec(stage)?.[1] ?? '').matchAll(/(OPENKUPE_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
  return {
    entrypoint: commandOf(/^ENTRYPOINT (.*)$/m),
    health: commandOf(/^ {2}CMD (.*)$/m),
    account,
    variables: Object.fromEntries(variables),
  };
}

/** Whether this process may make a root folder of its own, as what runs images does. */
export const canMount =
  process.platform === 'linux' &&
  programOnPath('unshare') !== undefined &&
  spawnSync('unshare', ['--mount', '--pid', '--fork', 'mount', '--bind', '/', '/']).status === 0;

/** Makes what the image holds, as far as the server can see it: Node with its libraries, the packages, and the folder of the data. */
export function makeRoot(root: string, packages: string, account: string): void {
  const { stdout } = spawnSync('ldd', [process.execPath], { encoding: 'utf8' });
  const copy = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  };
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) copy(library, library);
  copy(process.execPath, 'usr/local/bin/node');
  cpSync(packages, join(root, 'opt/openkupe/node_modules'), { recursive: true, verbatimSymlinks: true });
  for (const name of ['data', 'proc', 'tmp']) mkdirSync(join(root, name));
  const [uid, gid] = account.split(':').map(Number);
  chownSync(join(root, 'data'), uid ?? 0, gid ?? 0);
}

const IN_READ_ONLY_ROOT = `
  mount --bind "$1" "$1" && mount --bind "$1/data" "$1/data" && mount -o remount,bind,ro "$1" && mount -t proc proc "$1/proc" || exit 70
  root=$1 account=$2; shift 2; exec chroot --userspec="$account" "$root" "$@"`;

/** Runs a command as the first process of a container does: in a read-only root but for /data, as the account. */
export function runInImage(root: string, account: string, command: readonly string[], variables: Readonly<Record<string, string>>) {
  const flags = ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', IN_READ_ONLY_ROOT, 'sh', root, account, ...command];
  const child = spawn('unshare', flags, {
    env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  /** To the process itself, which is the first of its container, and not to what started it. */
  const signal = (name: NodeJS.Signals) => {
    const [pid = ''] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    process.kill(Number(pid), name);
  };
  return { output, ended, signal, kill: () => void child.kill('SIGKILL') };
}
