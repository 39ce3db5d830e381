import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.ts';

const MAIN = join(import.meta.dirname, '../../../../server/src/start/main.mjs');
let folder: string;
let server: ChildProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-secret-'));
  server = spawn(process.execPath, [MAIN, '--port', '0', '--data', folder], { env: { PATH: process.env.PATH ?? '' } });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout?.on('data', (chunk) => {
      said += chunk;
      if (said.includes('Ctrl-C stops')) resolve();
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
});
afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  await rm(folder, { recursive: true, force: true });
});

async function put(text: string, more = '') {
  const file = join(folder, 'values.yaml');
  await writeFile(file, text);
  return runCli(`operator secret put demo services/db --from-file ${file} --data ${folder}${more}`);
}

test('puts values from a file, counts versions, and prints no value', async () => {
  const first = await put('username: app\npassword: hunter2\n', ' -o json');
  expect([first.exit, JSON.parse(first.out)]).toEqual([0, { path: 'services/db', version: '1' }]);
  const second = await put('{"password": "hunter3"}');
  expect([second.exit, second.out]).toEqual([0, expect.stringMatching(/VERSION +2/)]);
  expect(first.out + first.err + second.out + second.err).not.toContain('hunter');
});

test.each([
  ['password: 12345', 'The value of "password" is no text; put it in quotes.'],
  ['just text', 'must hold one object'],
])('refuses %j with exit code 2', async (text, message) => {
  const refused = await put(text);
  expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining(message)]);
});

test('says what the server refuses', async () => {
  const refused = await put('"a b": x');
  expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining('The key "a b" is not possible')]);
});
