import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AlreadyExistsError,
  type Client,
  createClient,
  createTransport,
  NotFoundError,
  PreconditionFailedError,
  type Transport,
  UnauthenticatedError,
  UnavailableError,
} from './index.ts';

const SERVER = fileURLToPath(new URL('../../server/src/start/main.mjs', import.meta.url));
let folder: string;
let server: ChildProcess;
let host: string;
let client: Client;
let settings: { host: string; tenant: string; apiKey: string };

const setting = (text: string, name: string) => new RegExp(`^export ${name}='(.*)'$`, 'm').exec(text)?.[1] ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openkupe-sdk-'));
  const envFile = join(folder, 'kupe.env');
  server = spawn(process.execPath, [SERVER, '--port', '0', '--data', join(folder, 'data'), '--write-env', envFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      OPENKUPE_RATE_LIMIT_PER_SECOND: '20',
      OPENKUPE_RATE_LIMIT_BURST: '100',
      OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '1',
      OPENKUPE_SANDBOX_UPGRADING_SECONDS: '0.5',
      OPENKUPE_SANDBOX_TERMINATING_SECONDS: '0.5',
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.stdout?.on('data', (chunk: Buffer) => String(chunk).includes('Ctrl-C stops') && resolve());
    server.once('exit', (code) => reject(new Error(`The server ended with ${code}`)));
  });
  host = setting(await readFile(envFile, 'utf8'), 'KUPE_HOST');
});
afterAll(async () => {
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  await rm(folder, { recursive: true, force: true });
});

/** Asks the operator's socket of the server, which makes tenants and their keys. */
function operate(path: string, body: unknown): Promise<{ key: string }> {
  return new Promise((resolve, reject) => {
    const target = { socketPath: join(folder, 'data', 'operator.sock'), method: 'POST', path: `/operator/v1/tenants${path}` };
    const sent = request(target, async (response) => resolve(JSON.parse((await response.toArray()).join(''))));
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
  });
}

/** A tenant of its own for every test. */
let tenants = 0;
beforeEach(async () => {
  tenants += 1;
  const tenant = `test-${tenants}`;
  await operate('', { name: tenant, contactEmail: 'owner@acme.example', plan: 'pro' });
  const { key } = await operate(`/${tenant}/apikeys`, { displayName: 'test', role: 'admin' });
  settings = { host, tenant, apiKey: key };
  client = createClient(settings);
});
afterEach(() => client.close());

describe('the SDK against a started server', () => {
  it('takes a cluster through its life', async () => {
    const created = await client.clusters.create({ name: 'sdk-one', version: '1.32' });
    expect(created.value.status.phase).toBe('Pending');
    await expect(client.clusters.create({ name: 'sdk-one' })).rejects.toBeInstanceOf(AlreadyExistsError);
    const running = await client.clusters.waitFor('sdk-one', 'Running', { timeoutMs: 60_000 });
    expect(running.value?.status.phase).toBe('Running');
    expect((await client.clusters.connection('sdk-one')).value.certificateAuthority).toMatch(/^LS0tLS1CRUdJTi/);
    const updated = await client.clusters.update('sdk-one', ({ version }) => (version === '1.33' ? undefined : { version: '1.33' }));
    expect(updated.value).toMatchObject({ version: '1.33', generation: 2 });
  });

  it('loses no update of ten that are made at once', async () => {
    await client.clusters.create({ name: 'sdk-one' });
    const count = (value: unknown) => (typeof value === 'number' ? value : 0);
    await Promise.all(
      Array.from({ length: 10 }, () =>
        client.clusters.update('sdk-one', ({ alerts }) => ({ alerts: { counter: count(alerts?.counter) + 1 } }), { rounds: 40 }),
      ),
    );
    expect((await client.clusters.get('sdk-one')).value.alerts).toEqual({ counter: 10 });
  });

  it('loses to another writer and writes again without a read in between', async () => {
    await client.clusters.create({ name: 'sdk-one' });
    const sent: string[] = [];
    const own = createTransport();
    /** The other writer is faster, once: between the read of the first and its write. */
    const overtaken: Transport = {
      ...own,
      async send(request) {
        if (request.method === 'PATCH' && !sent.includes('PATCH 412'))
          await client.clusters.patch('sdk-one', { alerts: { by: 'the other' } });
        const response = await own.send(request);
        sent.push(`${request.method} ${response.status}`);
        return response;
      },
    };
    const loser = createClient({ ...settings, transport: overtaken });
    const { value } = await loser.clusters.update('sdk-one', ({ alerts }) => ({ alerts: { ...alerts, and: 'the loser' } }));
    loser.close();
    expect(sent).toEqual(['GET 200', 'PATCH 412', 'PATCH 200']);
    expect(value.alerts).toMatchObject({ by: 'the other', and: 'the loser' });
    expect((await client.clusters.get('sdk-one')).value.alerts).toEqual(value.alerts);
  });

  it('gets through a limit: 200 reads at once end in 200 answers', async () => {
    const results = await Promise.all(Array.from({ length: 200 }, () => client.plans.get('pro')));
    expect(results.filter(({ value }) => value.name === 'pro')).toHaveLength(200);
    const waits = results.map(({ attempts }) => attempts.reduce((sum, { queuedMs, waitMs }) => sum + queuedMs + waitMs, 0));
    expect(Math.max(...waits)).toBeGreaterThan(2_000);
  });

  it('names its limits, and reads the invoices that there are', async () => {
    const { value: limits } = await client.limits.get();
    expect(limits.map(({ name }) => name)).toContain('address');
    expect((await client.invoices.list()).value).toEqual([]);
    await expect(client.invoices.get('2020-01')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('adds a member, gives another role and removes it, guarded by the tenant', async () => {
    const email = 'Developer+sdk@example.com';
    const added = await client.members.create({ email, role: 'readonly' });
    expect(added.value).toEqual({ email: email.toLowerCase(), role: 'readonly' });
    const { etag = '' } = await client.tenant.get();
    expect((await client.members.patch(email, { role: 'admin' }, { ifMatch: etag })).value.role).toBe('admin');
    await expect(client.members.delete(email, { ifMatch: etag })).rejects.toBeInstanceOf(PreconditionFailedError);
    await client.members.delete(email);
    expect((await client.members.list()).value.map((member) => member.email)).not.toContain(email.toLowerCase());
  });

  it('defines a secret, changes its targets and deletes it', async () => {
    const targets = [{ cluster: 'sdk-one', namespace: 'default' }];
    const made = await client.secrets.create({ name: 'database', secretPath: 'services/database' });
    expect(made.value.sync).toBeUndefined();
    const updated = await client.secrets.update('database', ({ sync }) => (sync ? undefined : { sync: targets }));
    expect(updated.value.sync).toEqual(targets);
    expect((await client.secrets.update('database', () => ({ sync: targets }))).attempts).toHaveLength(1);
    expect((await client.secrets.patch('database', { sync: null })).value.sync).toBeUndefined();
    expect((await client.secrets.update('database', () => ({ sync: [] }))).attempts).toHaveLength(1);
    await client.secrets.delete('database');
    await expect.poll(() => client.secrets.list().then(({ value }) => value.length), { timeout: 30_000 }).toBe(0);
  });

  it('deletes, waits until it is gone, and tells a refusal for what it is', async () => {
    await client.clusters.create({ name: 'sdk-one' });
    await client.clusters.delete('sdk-one');
    await client.clusters.waitFor('sdk-one', 'deleted', { timeoutMs: 60_000 });
    await expect(client.clusters.get('sdk-one')).rejects.toBeInstanceOf(NotFoundError);
    await client.clusters.create({ name: 'sdk-two' });
    const impatient = createClient({ ...settings, policy: { maxRetryAfterMs: 0, onOpenCircuit: 'fail-fast' } });
    await expect(impatient.clusters.connection('sdk-two')).rejects.toBeInstanceOf(UnavailableError);
    impatient.close();
    const stranger = createClient({ ...settings, apiKey: 'kupe_00000000_wrong' });
    await expect(stranger.tenant.get()).rejects.toBeInstanceOf(UnauthenticatedError);
    stranger.close();
  });
});
