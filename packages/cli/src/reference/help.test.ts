import { expect, test } from 'vitest';
import { COMMANDS, NOUNS } from '../commands/index.ts';
import { runCli } from '../testing/run-cli.ts';
import { VERSION } from '../version.ts';

async function helpOf(line: string): Promise<string> {
  const { exit, out, err } = await runCli(`help ${line}`.trim());
  expect([exit, err], line).toEqual([0, '']);
  return out;
}

test('the help of the program, every noun and every command', async () => {
  const pages: string[] = [];
  for (const path of ['', ...Object.keys(NOUNS), ...COMMANDS.map((command) => command.path)]) {
    pages.push(`$ ${['openkupe', 'help', path].join(' ').trim()}\n${await helpOf(path)}`);
  }
  await expect(pages.join('\n')).toMatchFileSnapshot('../golden/help.golden.txt');
});

test('the table of commands as JSON, printed with a command on each line', async () => {
  const { version, commands, ...rest } = JSON.parse(await helpOf('--json'));
  expect(version).toBe(VERSION);
  const lines = [...commands, rest].map((one) => JSON.stringify(one));
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/help.golden.json.txt');
});
