import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clusterFixture } from '../../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, type RunOptions, runCli } from '../../testing/run-cli.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let double: KupeDouble;
let folder: string;
beforeEach(async () => {
  double = await startKupeDouble();
  folder = temporaryFolder();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await double.close();
});

const shell = () => join(folder, 'shell');
const seen = (name: string) => join(folder, name);

/** Runs `cluster connect` with a shell that copies what it was given, and then runs `script`. */
function connect(script: string, options: RunOptions & { readonly flags?: string } = {}) {
  const copy = `cp "$KUBECONFIG" ${seen('copy')}; ls -ld "$KUBECONFIG" "$(dirname "$KUBECONFIG")" | cut -c 1-10 > ${seen('modes')}`;
  writeFileSync(shell(), `#!/bin/sh\n${copy}\nprintf %s "$KUBECONFIG" > ${seen('tmp')}; mv ${seen('tmp')} ${seen('path')}\n${script}\n`);
  chmodSync(shell(), 0o700);
  const { flags = '', ...rest } = options;
  const env = { ...environmentFor(double), PATH: process.env.PATH, SHELL: shell() };
  return runCli(`cluster connect production ${flags}`.trim(), { homeFolder: folder, env, ...rest });
}
const started = () => vi.waitFor(() => expect(existsSync(seen('path'))).toBe(true), { timeout: 10_000 });
/** Whether the file that the shell was given is there, or its folder. */
const isLeft = () => existsSync(dirname(readFileSync(seen('path'), 'utf8')));

test('a shell with a private kubeconfig, which is gone afterwards with what kubectl put beside it', async () => {
  const { exit, out, err } = await connect('touch "$KUBECONFIG.lock"; exit 7');
  expect([exit, out, err]).toEqual([7, '', 'In this shell kubectl uses kupe-acme-production; leave it with exit.\n']);
  const { users, 'current-context': current } = JSON.parse(readFileSync(seen('copy'), 'utf8'));
  expect([users[0].user, current]).toEqual([{ token: 'kupe_7f3b2c1d_test' }, 'kupe-acme-production']);
  expect([readFileSync(seen('modes'), 'utf8'), isLeft()]).toEqual(['drwx------\n-rw-------\n', false]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends the shell and leaves no file', async (signal) => {
  const { exit } = await connect('exec sleep 60', { during: (io) => void started().then(() => io.send(signal)) });
  expect([exit, isLeft()]).toEqual([129, false]);
});

test('Ctrl-C in a terminal is left to the shell', async () => {
  const during: RunOptions['during'] = (io) =>
    void started().then(() => {
      io.send('SIGINT');
      writeFileSync(seen('go'), '');
    });
  const { exit } = await connect(`while [ ! -e ${seen('go')} ]; do sleep 0.05; done; exit 3`, { isTerminal: true, during });
  expect([exit, isLeft()]).toEqual([3, false]);
});

test('--certificate: a certificate instead of a token', async () => {
  await connect('exit 0', { flags: '--certificate --lifetime 30m' });
  expect(JSON.parse(readFileSync(seen('copy'), 'utf8')).users[0].user).toEqual({
    'client-certificate-data': 'Y2VydA==',
    'client-key-data': 'a2V5',
  });
});

test('a shell that is not there is exit code 1 and leaves no file', async () => {
  vi.stubEnv('TMPDIR', folder);
  const env = { ...environmentFor(double), SHELL: join(folder, 'no-such-shell') };
  const { exit, err } = await runCli('cluster connect production', { env });
  expect([exit, err]).toEqual([1, expect.stringContaining('no-such-shell" cannot be run (ENOENT); name another one in SHELL.')]);
  expect(readdirSync(folder)).toEqual([]);
});

test('a cluster that is not ready yet is exit code 7, with the command that waits, and no shell', async () => {
  const cluster = clusterFixture('production');
  double.clusters.set('production', { ...cluster, status: { ...cluster.status, phase: 'Provisioning' } });
  const { exit, err } = await connect('exit 0');
  expect([exit, existsSync(seen('path'))]).toEqual([7, false]);
  expect(err).toContain('  openkupe cluster wait production --for running  # ');
});
