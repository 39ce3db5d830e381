import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiKeyWithSecret, Cluster } from '@openkupe/contract';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Client, createClient } from '../../../../../conformance/client.ts';
import { newName } from '../../../../../conformance/clusters.ts';
import { NEEDS_KUBERNETES, programsOf } from '../../../../../conformance/kubernetes/programs.ts';
import { type StartedServer, startServer } from '../../../../../conformance/start-server.ts';
import { createPerson } from '../../testing/browser-user.ts';
import { type OidcProviderUnderTest, startOidcProvider } from '../../testing/oidc-provider.ts';

const PROGRAMS = programsOf('l1', 'kubectl');
const KUBECTL = join(PROGRAMS ?? '', 'v1.36.3/kubectl');
const CLI = join(import.meta.dirname, '../../../bin/openkupe.cjs');
const RUNNING_MS = 120_000;
/** The API server keeps an answer about a token for a second; the rest is for a machine that has much to do. */
const REVOKED_MS = 1_000 + 500;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe.skipIf(!PROGRAMS)(`kubectl in a cluster of real programs ${NEEDS_KUBERNETES}`, { timeout: 120_000 }, () => {
  let home: string;
  let issuer: OidcProviderUnderTest;
  let server: StartedServer;
  let client: Client;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'openkupe-home-'));
    issuer = await startOidcProvider();
    issuer.claims = { email: 'ada@demo.example', groups: ['demo-admins'] };
    const variables = { OPENKUPE_ENGINE: 'local', OPENKUPE_KUBERNETES_PROGRAMS: PROGRAMS ?? '', OPENKUPE_OIDC_ISSUER: issuer.issuer };
    server = await startServer({ variables });
    client = createClient(server);
    // NOTE: no browser may open on the machine that runs the tests.
    await mkdir(join(home, 'bin'));
    await writeFile(join(home, 'bin/xdg-open'), '#!/bin/sh\n');
    await chmod(join(home, 'bin/xdg-open'), 0o755);
    expect((await client.call('POST', './clusters', { body: { name: 'web' } })).status).toBe(201);
    const phase = async () => (await client.call<Cluster>('GET', './clusters/web')).body.status.phase;
    await vi.waitFor(async () => expect(await phase()).toBe('Running'), { timeout: RUNNING_MS, interval: 50 });
  }, RUNNING_MS + 60_000);
  afterAll(async () => {
    await server?.stop();
    await issuer?.stop();
    await rm(home, { recursive: true, force: true });
  });

  /** Runs a program as a user does; `said` is called with what it has written to stderr so far. */
  function run(program: string, args: readonly string[], more: Readonly<Record<string, string>> = {}, said = (_: string) => {}) {
    const env = { HOME: home, PATH: `${join(home, 'bin')}:${process.env.PATH ?? ''}`, ...more };
    return new Promise<Ended>((resolve) => {
      const child = execFile(program, args, { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
      );
      let text = '';
      child.stderr?.on('data', (part: string) => {
        text += part;
        said(text);
      });
      child.stdin?.end(more.STDIN ?? '');
    });
  }
  const openkupe = (args: readonly string[], more: Readonly<Record<string, string>> = {}, said?: (err: string) => void) =>
    run(process.execPath, [CLI, ...args], { KUPE_HOST: server.host, KUPE_TENANT: server.tenant, ...more }, said);

  /** Merges the kubeconfig into a file of its own; what kubectl says with it. */
  async function merge(flags: readonly string[], env: Readonly<Record<string, string>>) {
    const file = join(home, newName('config'));
    const merged = await openkupe(['cluster', 'kubeconfig', 'web', '--merge', '--file', file, ...flags], env);
    expect(merged.code, merged.err).toBe(0);
    return (args: string, stdin = '') => run(KUBECTL, ['--kubeconfig', file, ...args.split(' ')], { STDIN: stdin });
  }
  const issue = async (role: string) =>
    (await client.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: role, role } })).body;
  const whoIs = ({ out, err }: Ended) => {
    expect(out, err).not.toBe('');
    return JSON.parse(out).status.userInfo as { username: string; groups: readonly string[] };
  };

  test.each([[[]], [['--certificate', '--lifetime', '10m']]])(
    '%j: an admin creates and applies, a reader reads, a revoked key does neither',
    async (flags) => {
      const namespace = newName('made');
      const admin = await merge(flags, { KUPE_API_KEY: server.apiKey });
      expect(await admin(`create namespace ${namespace}`)).toMatchObject({ code: 0, out: `namespace/${namespace} created\n` });
      const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace }, data: { a: '1' } };
      for (const outcome of ['created', 'unchanged'])
        expect(await admin('apply -f -', JSON.stringify(object))).toMatchObject({ code: 0, out: `configmap/one ${outcome}\n` });

      const { id, key } = await issue('readonly');
      const reader = await merge(flags, { KUPE_API_KEY: key });
      expect(whoIs(await reader('auth whoami -o json'))).toMatchObject({ username: `kupe:key:${id}` });
      expect(await reader(`get configmaps one -n ${namespace} -o jsonpath={.data.a}`)).toMatchObject({ code: 0, out: '1' });
      const refused = await reader(`create namespace ${newName('no')}`);
      expect([refused.code, refused.err]).toEqual([
        1,
        expect.stringContaining(`User "kupe:key:${id}" cannot create resource "namespaces"`),
      ]);

      expect((await client.call('DELETE', `./apikeys/${id}`)).status).toBe(204);
      const deletedMs = performance.now();
      let begunMs = deletedMs;
      // NOTE: measured by when the last run began that was let through, which takes as long as the machine has time.
      for (let isIn = true; isIn; ) {
        const beganMs = performance.now();
        isIn = (await reader(`get configmaps -n ${namespace}`)).code === 0;
        if (isIn) begunMs = beganMs;
      }
      expect(begunMs - deletedMs).toBeLessThan(REVOKED_MS);
    },
  );

  test('the cluster itself refuses the key of another tenant', async () => {
    const tenant = newName('other');
    const socket = ['--socket', join(server.dataFolder, 'operator.sock')];
    const made = await openkupe(['operator', 'tenant', 'create', tenant, '--owner', `owner@${tenant}.example`, ...socket]);
    expect(made.code, made.err).toBe(0);
    const { out: key, err } = await openkupe(['operator', 'key', 'issue', tenant, ...socket]);
    const [token = ''] = /kupe_\S+/.exec(key) ?? [];
    expect(token, err).not.toBe('');
    const admin = await merge([], { KUPE_API_KEY: server.apiKey });
    expect((await admin('get namespaces')).code).toBe(0);
    const foreign = await admin(`get namespaces --token ${token}`);
    expect([foreign.code, foreign.err]).toEqual([1, expect.stringMatching(/Unauthorized|must be logged in/)]);
  });

  test('a person who has signed in with OpenID Connect, by the credential plugin', async () => {
    const own = { KUPE_CONFIG: await mkdtemp(join(home, 'login-')), KUPE_OIDC_ISSUER: issuer.issuer };
    let visit: Promise<unknown> | undefined;
    const login = await openkupe(['auth', 'login', '--browser'], own, (err) => {
      const url = /^Open (\S+)\n/m.exec(err)?.[1];
      if (url) visit ??= createPerson().visit(url);
    });
    await visit;
    expect(login.code, login.err).toBe(0);
    const kubectl = await merge(['--exec'], own);
    expect(await kubectl('get namespaces -o name')).toMatchObject({ code: 0, out: expect.stringContaining('namespace/default\n') });
    expect(whoIs(await kubectl('auth whoami -o json'))).toMatchObject({
      username: 'kupe:user:subject:ada',
      groups: expect.arrayContaining(['kupe:tenant:demo', 'kupe:role:admin']),
    });
  });
});
