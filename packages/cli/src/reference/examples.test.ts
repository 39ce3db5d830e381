import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract/clock';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS, NOUNS } from '../commands/index.ts';
import { parseCommandLine, readFlags } from '../parse-command-line.ts';
import { run } from '../run.ts';
import { createFakeIo } from '../testing/fake-io.ts';
import { VERSION } from '../version.ts';

const EXAMPLES = COMMANDS.flatMap((command) => command.examples.map(({ run: line }) => ({ line, command })));
const EMPTY_ENVIRONMENT = { KUPE_HOST: 'https://api.example.com', KUPE_TENANT: 'acme' };

/** The words of every example as bash reads them, with quotes removed and redirections done. */
function wordsInBash(folder: string): string[][] {
  const inputs = EXAMPLES.flatMap(({ line }) => /<([\w.]+)/.exec(line)?.[1] ?? []);
  for (const name of inputs) writeFileSync(join(folder, name), '');
  const folders = EXAMPLES.flatMap(({ line }) => /> ~\/(\S+)\//.exec(line)?.[1] ?? []);
  for (const path of folders) mkdirSync(join(folder, path), { recursive: true });
  const script = `openkupe() { printf '%s\\0' "$@" >&3; printf '\\n\\0' >&3; }\n${EXAMPLES.map(({ line }) => line).join('\n')}\n`;
  const { status, stderr } = spawnSync('bash', ['-ec', `exec 3>words\n${script}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: folder },
  });
  expect([status, stderr]).toEqual([0, '']);
  const lines = readFileSync(join(folder, 'words'), 'utf8').split('\n\0').slice(0, -1);
  return lines.map((line) => line.split('\0').slice(0, -1));
}

let folder: string;
let words: string[][];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-examples-'));
  words = wordsInBash(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(EXAMPLES.map((example, index) => ({ ...example, index })))('$line', ({ command, index }) => {
  test('names its command, with arguments and values that it takes', () => {
    const parsed = parseCommandLine(words[index] ?? [], COMMANDS, NOUNS, VERSION);
    if (parsed.kind === 'misuse') throw parsed.failure;
    expect(parsed).toMatchObject({ kind: 'command', invocation: { command: { path: command.path } } });
    if (parsed.kind === 'command') readFlags(parsed.invocation);
  });
});

/** What is run with `--curl`, up to the requests: what a script says, and what reads no file. */
const SCRIPTED = EXAMPLES.map((example, index) => ({ ...example, index })).filter(
  ({ command, line }) => command.isRemote && command.hasScript !== false && !/ -f | --watch|-file /.test(line),
);

test.each(SCRIPTED)('$line: runs, and prints its script', async ({ index }) => {
  const io = createFakeIo({});
  const exit = await run([...(words[index] ?? []), '--curl'], io, EMPTY_ENVIRONMENT, systemClock);
  expect([exit, io.err()]).toEqual([0, '']);
  expect(io.out()).toMatch(/^#!/);
});
