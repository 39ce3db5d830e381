import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CA, clusterFixture } from '../../testing/fixtures.ts';
import { type KupeDouble, startKupeDouble } from '../../testing/kupe-double.ts';
import { environmentFor, runCli } from '../../testing/run-cli.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

let double: KupeDouble;
let folder: string;
beforeEach(async () => {
  double = await startKupeDouble();
  folder = temporaryFolder();
});
afterEach(() => double.close());
const kubeconfig = (flags = '', more: { env?: Record<string, string>; input?: string } = {}) =>
  runCli(`cluster kubeconfig production ${flags}`.trim(), {
    homeFolder: folder,
    env: { ...environmentFor(double), ...more.env },
    input: more.input ?? '',
  });

test("printed: the API's CA, the caller's own key, and a context named for tenant and cluster", async () => {
  const { exit, out } = await kubeconfig();
  expect(exit).toBe(0);
  expect(parse(out)).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'kupe-acme-production', cluster: { server: 'https://production.acme.example.com', 'certificate-authority-data': CA } },
    ],
    users: [{ name: 'kupe-acme-production', user: { token: 'kupe_7f3b2c1d_test' } }],
    contexts: [{ name: 'kupe-acme-production', context: { cluster: 'kupe-acme-production', user: 'kupe-acme-production' } }],
    'current-context': 'kupe-acme-production',
  });
});

test('--certificate: a certificate of the lifetime asked for instead of a token, which takes the place of one', async () => {
  const { exit, out, err } = await kubeconfig('--certificate --lifetime 30m');
  const user = { 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a2V5' };
  expect([exit, parse(out).users[0].user, err]).toEqual([0, user, expect.stringContaining('ends at 1970-01-01T00:30:00Z')]);
  await kubeconfig('--merge');
  await kubeconfig('--merge --certificate');
  expect(parse(readFileSync(join(folder, '.kube', 'config'), 'utf8')).users[0].user).toEqual(user);
  for (const flags of ['--certificate --exec', '--lifetime 1h', '--certificate --lifetime soon'])
    expect((await kubeconfig(flags)).exit).toBe(2);
});

test('a key for some addresses only: says that clusters refuse it, and what to use instead', async () => {
  const apiKey = { id: 'ak-7f3b2c1d', addressRanges: ['203.0.113.0/24'] };
  const session = { tenant: 'acme', role: 'admin', kind: 'api-key', subject: 'ak-7f3b2c1d', apiKey };
  double.answer = ({ path }) => (path.endsWith('/session') ? { status: 200, body: session } : undefined);
  const hint = expect.stringContaining('clusters refuse it: they do not see where you are. Use --certificate or another key.');
  expect(await kubeconfig()).toMatchObject({ exit: 0, err: hint });
  expect((await kubeconfig('--certificate')).err).not.toContain('refuse');
  double.answer = ({ path }) => (path.endsWith('/session') ? { status: 404, body: { error: 'no such route' } } : undefined);
  expect(await kubeconfig()).toMatchObject({ exit: 0, err: '' });
});

test('--exec: a command for kubectl instead of a key', async () => {
  const { out, err, io } = await kubeconfig('--exec');
  expect(parse(out).users[0].user).toEqual({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [io.installedAt, 'auth', 'get-token', '--host', double.host, '--tenant', 'acme'],
      interactiveMode: 'Never',
      provideClusterInfo: false,
      installHint: expect.stringContaining('--merge --exec'),
    },
  });
  expect(out + err).not.toContain('kupe_7f3b2c1d_test');
});

test('--exec --merge takes a key out that was there before', async () => {
  await kubeconfig('--merge');
  await kubeconfig('--merge --exec', { env: { KUPE_CONFIG: '/own' } });
  const text = readFileSync(join(folder, '.kube', 'config'), 'utf8');
  expect(text).not.toContain('kupe_7f3b2c1d_test');
  expect(parse(text).users[0].user.exec.env).toEqual([{ name: 'KUPE_CONFIG', value: '/own' }]);
});

test('the key is read from stdin only once', async () => {
  const { out } = await kubeconfig('--token-file -', { input: 'kupe_piped' });
  expect(parse(out).users[0].user.token).toBe('kupe_piped');
});

describe('--merge', () => {
  test('into ~/.kube/config, quietly on stdout', async () => {
    const { exit, out, err } = await kubeconfig('--merge');
    expect([exit, out]).toEqual([0, '']);
    expect(err).toBe(`Merged into ${folder}/.kube/config; the current context is kupe-acme-production.\n`);
    expect(parse(readFileSync(join(folder, '.kube', 'config'), 'utf8'))['current-context']).toBe('kupe-acme-production');
  });

  test('into $KUBECONFIG, naming the context that was current', async () => {
    const KUBECONFIG = join(folder, 'mine');
    writeFileSync(KUBECONFIG, '# mine\ncurrent-context: home\n');
    const { err } = await kubeconfig('--merge', { env: { KUBECONFIG } });
    expect(err).toContain('(was home).');
    expect(readFileSync(KUBECONFIG, 'utf8')).toMatch(/^# mine\n/);
  });

  test('an entry for another server is exit code 5 with both servers; --force replaces it', async () => {
    const file = join(folder, 'config');
    await kubeconfig(`--merge --file ${file}`);
    const cluster = clusterFixture('production');
    double.clusters.set('production', { ...cluster, status: { ...cluster.status, endpoint: 'https://other.example.com' } });
    const refused = await kubeconfig(`--merge --file ${file}`);
    expect(refused.exit).toBe(5);
    expect(refused.err).toContain(
      '(there it is https://production.acme.example.com, here https://other.example.com); --force replaces it.',
    );
    expect((await kubeconfig(`--merge --file ${file} --force`)).exit).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('https://other.example.com');
  });

  test('a file that is no kubeconfig is left as it is', async () => {
    const file = join(folder, 'config');
    writeFileSync(file, 'hello\n');
    const { exit, err } = await kubeconfig(`--merge --file ${file}`);
    expect([exit, readFileSync(file, 'utf8')]).toEqual([5, 'hello\n']);
    expect(err).toContain('was left as it is');
  });
});

test('--file writes a new file and no old one', async () => {
  const file = join(folder, 'production.yaml');
  expect((await kubeconfig(`--file ${file}`)).exit).toBe(0);
  expect(parse(readFileSync(file, 'utf8')).kind).toBe('Config');
  expect((await kubeconfig(`--file ${file}`)).exit).toBe(5);
});

test('a cluster that is not ready yet is exit code 7, with the command that waits', async () => {
  const cluster = clusterFixture('production');
  double.clusters.set('production', { ...cluster, status: { ...cluster.status, phase: 'Provisioning' } });
  const { exit, err } = await kubeconfig();
  expect(exit).toBe(7);
  expect(err).toContain('  openkupe cluster wait production --for running  # ');
});
