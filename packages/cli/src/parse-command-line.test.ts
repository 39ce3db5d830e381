import { describe, expect, test } from 'vitest';
import { COMMANDS, NOUNS } from './commands/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { VARIABLES } from './settings/variables.ts';
import { runCli } from './testing/run-cli.ts';
import { VERSION } from './version.ts';

describe('help and version are results: stdout, exit code 0', () => {
  test.each(['', '--help', '-h', 'help', 'cluster', 'cluster --help', 'help cluster wait', 'cluster wait --help', 'help up'])(
    '%s',
    async (line) => {
      const { exit, out, err } = await runCli(line);
      expect([exit, err]).toEqual([0, '']);
      expect(out).toMatch(/^Usage: openkupe/);
    },
  );

  test.each(['--version', '-V'])('%s', async (line) => expect((await runCli(line)).out).toBe(`${VERSION}\n`));

  test('help is as wide on every terminal', async () => {
    const wide = await runCli('cluster create --help', { isTerminal: true, columns: 300 });
    const narrow = await runCli('cluster create --help', { isTerminal: true, columns: 40 });
    expect(wide.out).toBe(narrow.out);
  });

  test.each(COMMANDS.map(({ path }) => path))('%s has the same help both ways', async (path) => {
    const asked = await runCli(`help ${path}`);
    expect(asked.out).toContain(COMMANDS.find((command) => command.path === path)?.summary);
    if (!['up', 'store', 'sandbox'].includes(path)) expect((await runCli(`${path} --help`)).out).toBe(asked.out);
  });
});

describe('help --json is the command table', () => {
  const table = async (line: string) => {
    const { exit, out, err } = await runCli(line);
    expect([exit, err]).toEqual([0, '']);
    return JSON.parse(out);
  };

  test('with every command, every option that parsing accepts, and every exit code', async () => {
    const { version, commands, exitCodes, environment, nouns } = await table('help --json');
    expect(version).toBe(VERSION);
    expect(commands.map(({ path }: { path: string }) => path)).toEqual(COMMANDS.map(({ path }) => path));
    expect(exitCodes).toEqual([...EXIT_CODES]);
    expect(environment).toEqual([...VARIABLES]);
    expect(nouns).toEqual(NOUNS);
    for (const { path, options } of commands) {
      const help = (await runCli(`help ${path}`)).out;
      const named = [...help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)(?: <([\w-]+)>)?/gm)].map(([, short = null, name, value = null]) => [
        short,
        name,
        value,
      ]);
      const described = options.map(({ short, name, value }: Record<string, unknown>) => [short, name, value]);
      expect(
        named.filter(([, name]) => name !== '--help'),
        path,
      ).toEqual(described);
    }
  });

  test('of one command or noun: names, summaries, arguments, options', async () => {
    const [wait] = (await table('help cluster wait --json')).commands;
    expect(wait.arguments).toContainEqual({ name: 'name', isRequired: true, choices: null, summary: expect.any(String) });
    expect(wait.options).toContainEqual(
      expect.objectContaining({ name: '--for', value: 'state', isRequired: true, choices: ['running', 'deleted', 'terminating'] }),
    );
    expect(wait.options).toContainEqual(expect.objectContaining({ name: '--tenant', isRequired: false, choices: null, short: null }));
    const paths = (await table('help --json context')).commands.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(['context list', 'context use', 'context show', 'context rename'].filter((path) => paths.includes(path)));
    expect(paths.length).toBeGreaterThan(1);
  });
});

describe('misuse: one sentence, the help that fits, exit code 2, nothing on stdout', () => {
  test.each([
    ['clster list', "Unknown command 'clster'; did you mean cluster?", 'openkupe --help'],
    ['cluster lst', "Unknown command 'lst'; did you mean list?", 'openkupe cluster --help'],
    ['cluster create x --memry 3', "Unknown option '--memry'; did you mean --memory?", 'openkupe cluster create --help'],
    ['cluster get', "Missing required argument 'name'.", 'openkupe cluster get --help'],
    ['cluster list extra', "Too many arguments for 'list'. Expected 0 arguments but got 1.", 'openkupe cluster list --help'],
    ['cluster wait x', "Required option '--for <state>' not specified.", 'openkupe cluster wait --help'],
    ['cluster wait x --for ready', '--for is "ready"; use one of running, deleted, terminating.', 'openkupe cluster wait --help'],
    ['version -o wide', '--output is "wide"; use one of table, json, yaml.', 'openkupe version --help'],
    ['cluster list -o', "Option '-o, --output <format>' argument missing.", 'openkupe cluster list --help'],
    ['help nonsense', 'There is no command "nonsense".', 'openkupe --help'],
    ['help clus --json', 'There is no command "clus".', 'openkupe --help'],
  ])('%s', async (line, sentence, help) => {
    const { exit, out, err } = await runCli(line);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toBe(`Error: ${sentence}\n  ${help}  # shows what is accepted\n`);
  });

  test.each(['cluster get -o json', 'cluster get -ojson', 'cluster get --output=json', '--output json cluster get'])(
    '%s: JSON',
    async (line) => {
      expect(JSON.parse((await runCli(line)).err)).toMatchObject({ code: 'usage', exit: 2, status: null, outcome: 'not-applied' });
    },
  );
});

test.each(['version -o json', '-o json version', 'version --output=json', '--output json version'])(
  '%s: flags may stand anywhere',
  async (line) => {
    expect(JSON.parse((await runCli(line)).out).version).toBe(VERSION);
  },
);

test('the innermost of repeated flags wins', async () => {
  expect((await runCli('-o json version -o yaml')).out).toMatch(/^version: /);
});
