import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { inClusterAddress } from './in-cluster.ts';
import { parseKubeconfig, readKubeconfig } from './kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const CLUSTER = { server: 'https://api.example.com:6443', 'certificate-authority-data': base64('CA') };

/** A kubeconfig with one context, as YAML. */
const kubeconfig = (user: object, cluster: object = CLUSTER, current = 'main') =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    contexts: [
      { name: 'main', context: { cluster: 'c', user: 'u' } },
      { name: 'broken', context: { cluster: 'c', user: 'nowhere' } },
    ],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openkupe-kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([
  [{ token: 'secret' }, { type: 'token', token: 'secret' }],
  [
    { 'client-certificate-data': base64('CERT'), 'client-key-data': base64('KEY') },
    { type: 'certificate', certificatePem: 'CERT', keyPem: 'KEY' },
  ],
  [{}, { type: 'anonymous' }],
])('takes the credential of the user: %j', async (user, credential) => {
  expect(await parseKubeconfig(kubeconfig(user))).toEqual({ server: CLUSTER.server, caPem: 'CA', credential });
});

it('reads files relative to its own folder, and prefers a token file to a token', async () => {
  for (const [name, text] of Object.entries({ 'ca.crt': 'FILE CA', config: '' })) await writeFile(join(folder, name), text);
  const cluster = { server: CLUSTER.server, 'certificate-authority': 'ca.crt', 'tls-server-name': 'kubernetes' };
  await writeFile(join(folder, 'config'), kubeconfig({ token: 'old', tokenFile: 'token' }, cluster));
  expect(await readKubeconfig(join(folder, 'config'))).toEqual({
    server: CLUSTER.server,
    caPem: 'FILE CA',
    tlsServerName: 'kubernetes',
    credential: { type: 'token-file', path: join(folder, 'token') },
  });
});

it.each([
  [kubeconfig({ exec: { command: 'aws' } }), 'The field "exec" of the user is not supported: credential plugins are not run'],
  [kubeconfig({ username: 'admin', password: 'x' }), 'The field "username" of the user is not supported'],
  [kubeconfig({ token: 'x', as: 'root' }), 'The field "as" of the user is not supported'],
  [
    kubeconfig({}, { ...CLUSTER, 'insecure-skip-tls-verify': true }),
    'The field "insecure-skip-tls-verify" of the cluster is not supported',
  ],
  [kubeconfig({}, { server: 'http://10.0.0.1:8080' }), 'The server "http://10.0.0.1:8080" is no https address'],
  [kubeconfig({ 'client-certificate-data': base64('CERT') }), 'only one of client-certificate and client-key'],
  [kubeconfig({ tokenFile: '/etc/passwd' }), 'The field "tokenFile" names a file'],
  ['{', 'The kubeconfig is no YAML'],
  ['- a', 'The kubeconfig holds no fields'],
])('says what it cannot use', async (text, message) => {
  await expect(parseKubeconfig(text)).rejects.toThrow(message);
});

it('says which context is incomplete', async () => {
  await expect(parseKubeconfig(kubeconfig({}, CLUSTER, 'broken'))).rejects.toThrow('has no user "nowhere" in its users');
  await expect(parseKubeconfig(kubeconfig({}, CLUSTER, 'none'))).rejects.toThrow('has no context "none" in its contexts');
});

it('finds the API server of the cluster that it runs in', async () => {
  await writeFile(join(folder, 'ca.crt'), 'MOUNTED CA');
  expect(await inClusterAddress(folder)).toEqual({
    server: 'https://kubernetes.default.svc:443',
    caPem: 'MOUNTED CA',
    credential: { type: 'token-file', path: join(folder, 'token') },
  });
});
