import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor } from '../testing/run-cli.ts';
import { SCRIPTS } from './scripts.ts';

const cli = join(import.meta.dirname, '..', '..');

/** For each shell, a program that loads the script and prints what it offers for a line with the cursor at its end. */
const DRIVERS = {
  bash: `source "$SCRIPT"
    COMP_LINE=$1 COMP_POINT=\${#1}
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    compopt() { echo files; }
    _openkupe
    for one in "\${COMPREPLY[@]}"; do echo "$one"; done`,
  zsh: `compdef() { }
    _files() { print files }
    _describe() { print -l -- "\${(@)\${(@P)2}%%:*}" }
    source "$SCRIPT"
    words=(\${(z)1}); [[ $1 == *' ' ]] && words+=('')
    CURRENT=$#words
    _openkupe`,
  fish: `source $SCRIPT
    complete -C $argv[1] | string replace -r '\\t.*' ''; or true`,
} as const;
type Shell = keyof typeof DRIVERS;
const isInstalled = (shell: string) => spawnSync(shell, ['-c', ':']).status === 0;
const SHELLS = (Object.keys(DRIVERS) as Shell[]).map((shell) => ({ shell, isMissing: !isInstalled(shell) }));

let folder: string;
let double: KupeDouble;
/** Accepts connections and never says anything. */
let silent: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-shells-'));
  double = await startKupeDouble();
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'openkupe'), `#!/bin/sh\nexec '${process.execPath}' '${join(cli, 'bin', 'openkupe.cjs')}' "$@"\n`);
  chmodSync(join(folder, 'bin', 'openkupe'), 0o755);
  writeFileSync(join(folder, 'only.yaml'), '');
  for (const [shell, script] of Object.entries(SCRIPTS)) writeFileSync(join(folder, `script.${shell}`), script);
  spawnSync(process.execPath, [join(cli, 'build.mjs')]);
}, 120_000);
afterAll(async () => {
  silent?.close();
  await double?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The words of a line as bash gives them to a completion: = @ and : are words of their own. */
const bashWords = (line: string) => [...(line.match(/[^\s=@:]+|[=@:]+/g) ?? []), ...(line.endsWith(' ') ? [''] : [])];

async function offered(shell: Shell, line: string, env: Readonly<Record<string, string | undefined>> = environmentFor(double)) {
  const words = shell === 'bash' ? [line, ...bashWords(line)] : [line];
  const args = { bash: ['--norc', '-c', DRIVERS.bash, 'bash'], zsh: ['-f', '-c', DRIVERS.zsh, 'zsh'], fish: ['-N', '-c', DRIVERS.fish] }[
    shell
  ];
  const set = { SCRIPT: join(folder, `script.${shell}`), HOME: folder, KUPE_CONFIG: folder, ...env };
  const path = `${join(folder, 'bin')}:${process.env.PATH}`;
  return new Promise<string[]>((resolve, reject) => {
    execFile(shell, [...args, ...words], { cwd: folder, env: { ...set, PATH: path } }, (error, out, err) => {
      if (err) reject(new Error(`${shell} said: ${err}`));
      else if (error && out) reject(error);
      else resolve(out.split('\n').filter(Boolean));
    });
  });
}

describe.each(SHELLS)('$shell', ({ shell, isMissing }) => {
  describe.skipIf(isMissing)(`completes (needs ${shell})`, () => {
    test.each([
      ['openkupe clu', ['cluster']],
      ['openkupe cluster cr', ['create']],
      ['openkupe help cluster cr', ['create']],
      ['openkupe cluster list --ph', ['--phase']],
      ['openkupe -o json cluster wait production --for ', ['running', 'deleted', 'terminating']],
      ['openkupe completion f', ['fish']],
      ['openkupe cluster get ', ['production', 'staging']],
      ['openkupe cluster get production ', []],
      ['openkupe --tenant acme edit cluster prod', ['production']],
      ['openkupe nonsense ', []],
    ])('%s', async (line, expected) => {
      expect((await offered(shell, line)).sort()).toEqual([...expected].sort());
    });

    test('values after = and names with @, of which bash replaces only the end', async () => {
      const before = shell === 'bash' ? '' : '--for=';
      expect(await offered(shell, 'openkupe cluster wait production --for=r')).toEqual([`${before}running`]);
      expect(await offered(shell, 'openkupe member update developer@ac')).toEqual([
        shell === 'bash' ? 'acme.example' : 'developer@acme.example',
      ]);
    });

    test('files where a file is due', async () => {
      expect(await offered(shell, 'openkupe apply -f only')).toEqual([shell === 'fish' ? 'only.yaml' : 'files']);
    });

    test.each([
      ['without a key', () => ({ ...environmentFor(double), KUPE_API_KEY: undefined })],
      ['without a server', () => ({ ...environmentFor(double), KUPE_HOST: 'http://127.0.0.1:1' })],
      [
        'with one that says nothing',
        () => ({ ...environmentFor(double), KUPE_HOST: `http://127.0.0.1:${(silent.address() as { port: number }).port}` }),
      ],
    ])('says nothing %s', async (_, env) => {
      expect(await offered(shell, 'openkupe cluster get ', env())).toEqual([]);
    });
  });
});

test('names that a shell would read as more than a name are left out', async () => {
  const [cluster] = double.clusters.values();
  if (cluster) double.clusters.set('$(reboot)', { ...cluster, name: '$(reboot)' });
  const names = await offered('bash', 'openkupe cluster get ');
  double.clusters.delete('$(reboot)');
  expect(names.sort()).toEqual(['production', 'staging']);
});
