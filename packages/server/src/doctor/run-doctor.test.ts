import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@openkupe/contract';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadSecrets } from '../config/secrets.ts';
import { SETTING_ENTRIES } from '../config/setting-key.ts';
import type { Setting } from '../config/settings.ts';
import { createAuthority, issueServerCertificate } from '../engines/x509/certificates.ts';
import { startInlineWriter } from '../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { startBareIssuer } from '../testing/bare-issuer.ts';
import type { Finding } from './finding.ts';
import { DOCTOR_HELP, runDoctor } from './run-doctor.ts';

let folder: string;
let data: string;
beforeEach(async () => {
  folder = scratchFolder();
  data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  const store = await openSqliteStore({ folder: data, startWriter: startInlineWriter });
  await loadSecrets({ secrets: join(data, 'secrets.json') }, { random: systemRandom, store });
  await store.close();
});

/** Runs the doctor on the data folder of the test. */
async function run(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}, clock = systemClock) {
  const said: string[] = [];
  const complaints: string[] = [];
  const code = await runDoctor(flags, {
    env: { OPENKUPE_DATA: data, ...env },
    folder,
    clock,
    random: systemRandom,
    say: (text) => void said.push(text),
    complain: (text) => void complaints.push(text),
  });
  return { code, text: said.join('\n'), complaints };
}

/** Its findings about one part. */
async function findings(check: string, env: Readonly<Record<string, string>> = {}, clock = systemClock) {
  const { code, text } = await run(['--json'], env, clock);
  const all = JSON.parse(text) as Finding[];
  for (const { state, remedy } of all) expect(remedy === undefined).toBe(state === 'ok');
  expect(code).toBe(all.some(({ state }) => state === 'fail') ? 1 : 0);
  return all.filter((finding) => finding.check === check);
}

describe('openkupe-server doctor', () => {
  it('finds nothing wrong with a healthy installation', async () => {
    const { code, text } = await run();
    expect(text).not.toMatch(/^(warn|fail)/m);
    expect([code, text]).toEqual([0, expect.stringMatching(/^ok {4}disk .*^ok {4}store .*holds no damage/ms)]);
  });

  it('says what is not there yet, and what is wrong with the settings', async () => {
    const { code, text } = await run(['--data', join(folder, 'new')]);
    expect([code, text]).toEqual([0, expect.stringContaining('the first start makes it')]);
    const wrong = await run(['--prt', '1', '--json']);
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.text)).toEqual([
      { check: 'settings', state: 'fail', message: expect.stringContaining('--prt'), remedy: expect.anything() },
    ]);
  });

  it('shows how it is used', async () => {
    expect(await run(['--help'])).toEqual({ code: 0, text: DOCTOR_HELP, complaints: [] });
    expect(await run(['--bundle'])).toMatchObject({ code: 2, complaints: [expect.stringContaining('--bundle DIR')] });
  });

  it('finds folders and files that others can read', async () => {
    chmodSync(data, 0o755);
    chmodSync(join(data, 'secrets.json'), 0o644);
    const [ofFolder, ofFile] = await findings('permissions');
    expect(ofFolder).toMatchObject({ state: 'warn', remedy: `chmod 700 ${data}` });
    expect(ofFile).toMatchObject({ state: 'warn', remedy: `chmod o-r ${join(data, 'secrets.json')}` });
    const missing = await findings('permissions', { OPENKUPE_SECRETS_FILE: join(folder, 'missing.json') });
    expect(missing).toContainEqual(expect.objectContaining({ state: 'fail', message: expect.stringContaining('ENOENT') }));
  });

  it.each([
    ['is no database', (file: string) => writeFileSync(file, 'x'.repeat(9_000)), /not a database/],
    [
      'has a row that is no JSON',
      (file: string) => execFileSync('sqlite3', [file, "INSERT INTO resource VALUES ('tenant','a','a','u',1,1,1,1,NULL,'{','{}')"]),
      /tenant "a"/,
    ],
    ['is of a newer release', (file: string) => execFileSync('sqlite3', [file, 'PRAGMA user_version = 9999']), /newer release/],
  ] as const)('finds a store that %s', async (_what, damage, message) => {
    damage(join(data, 'openkupe.db'));
    expect((await findings('store')).find(({ state }) => state === 'fail')?.message).toMatch(message);
  });

  it('finds secrets of another installation', async () => {
    const other = { apiKeyPepper: Buffer.alloc(32, 1).toString('base64'), answerKey: Buffer.alloc(32, 2).toString('base64') };
    writeFileSync(join(data, 'secrets.json'), JSON.stringify(other));
    expect(await findings('secrets')).toMatchObject([{ state: 'fail' }]);
  });

  it('finds a clock that is behind the time that the store knows', async () => {
    const store = await openSqliteStore({ folder: data, startWriter: startInlineWriter });
    await store.keepKnownTime({ knownMs: systemClock.now() + 3_600_000, certainMs: 0 });
    await store.close();
    expect(await findings('clock')).toMatchObject([{ state: 'fail', message: expect.stringMatching(/(3599|3600) s behind/) }]);
  });

  it('finds an issuer that is dead, is called otherwise, or has another clock', async () => {
    const issuer = await startBareIssuer();
    onTestFinished(() => issuer.stop());
    const env = { OPENKUPE_OIDC_ISSUER: issuer.issuer };
    expect([await findings('issuer', env), await findings('clock', env)]).toMatchObject([[{ state: 'ok' }], [{ state: 'ok' }]]);
    const late = { ...systemClock, now: () => systemClock.now() - 90_000 };
    expect((await findings('clock', env, late)).find(({ state }) => state === 'fail')?.message).toMatch(
      /(89|90|91) s behind that of the issuer/,
    );
    expect(await findings('issuer', { OPENKUPE_OIDC_ISSUER: `${issuer.issuer}/` })).toMatchObject([{ state: 'fail' }]);
    await issuer.stop();
    expect(await findings('issuer', env)).toMatchObject([{ state: 'fail', message: expect.stringContaining('cannot be used') }]);
  });

  it('finds a certificate that ends soon, has ended, or is none', async () => {
    const random = createSeededRandom(1);
    const authority = createAuthority('authority', systemClock.now(), random);
    const { certificatePem, privateKeyPem } = issueServerCertificate(authority, ['localhost'], systemClock.now(), random);
    const env = { OPENKUPE_TLS_CERT: join(folder, 'tls.crt'), OPENKUPE_TLS_KEY: join(folder, 'tls.key') };
    expect(await findings('certificate', env)).toMatchObject([{ state: 'fail' }]);
    writeFileSync(env.OPENKUPE_TLS_CERT, certificatePem);
    writeFileSync(env.OPENKUPE_TLS_KEY, privateKeyPem, { mode: 0o600 });
    expect(await findings('certificate', env)).toMatchObject([{ state: 'ok' }]);
    const validMs = 86_400_000 * Number(/(\d+) more days/.exec((await findings('certificate', env))[0]?.message ?? '')?.[1]);
    const at = (offsetMs: number) => ({ ...systemClock, now: () => systemClock.now() + validMs + offsetMs });
    expect(await findings('certificate', env, at(-3 * 86_400_000))).toMatchObject([{ state: 'warn' }]);
    expect(await findings('certificate', env, at(2 * 86_400_000))).toMatchObject([{ state: 'fail' }]);
  });

  it('finds programs that are missing or cannot be run, and a host that does not answer', async () => {
    const programs = join(folder, 'programs');
    const env = { OPENKUPE_ENGINE: 'local', OPENKUPE_KUBERNETES_PROGRAMS: programs };
    mkdirSync(join(programs, 'v1.36.3'), { recursive: true });
    expect(await findings('engine', env)).toMatchObject([{ state: 'fail', message: expect.stringContaining('etcd') }]);
    const files = ['etcd', 'v1.36.3/kube-apiserver', 'v1.36.3/kube-controller-manager'].map((name) => join(programs, name));
    for (const file of files) writeFileSync(file, '', { mode: 0o755 });
    expect(await findings('engine', env)).toMatchObject([{ state: 'ok' }]);
    chmodSync(files[1] ?? '', 0o644);
    expect(await findings('engine', env)).toMatchObject([{ state: 'fail', message: expect.stringContaining('EACCES') }]);
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, KUBECONFIG, { mode: 0o600 });
    const onHost = {
      OPENKUPE_ENGINE: 'vcluster',
      OPENKUPE_TOKEN_REVIEW_URL: 'https://kupe.example',
      OPENKUPE_VCLUSTER_VERSIONS: 'v1.36.3',
      OPENKUPE_HOST_KUBECONFIG: kubeconfig,
    };
    expect(await findings('engine', onHost)).toMatchObject([{ state: 'fail', message: expect.stringContaining('127.0.0.1:1') }]);
  });

  it('finds a store of the shared limit that does not answer, and says no password', async () => {
    const [found] = await findings('valkey', { OPENKUPE_VALKEY_URL: 'redis://u:very-secret@127.0.0.1:1/0' });
    expect(found).toMatchObject({ state: 'warn', message: expect.stringContaining('127.0.0.1:1') });
    expect(JSON.stringify(found)).not.toContain('very-secret');
  });
});

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'a',
  contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'a', user: { token: 'kubeconfig-planted-token' } }],
});

describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('a disk that is full (needs root and Linux)', () => {
  it('is found, and nothing is written to it', async (test) => {
    const small = join(folder, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      return test.skip('this machine permits no mount');
    }
    onTestFinished(() => void execFileSync('umount', [small]));
    writeFileSync(join(small, 'filler'), Buffer.alloc(1_500_000));
    const [found] = await findings('disk', { OPENKUPE_DATA: small });
    expect(found).toMatchObject({ state: 'fail', message: expect.stringContaining('is full') });
    expect(readdirSync(small)).toEqual(['filler']);
  });
});

describe('the bundle', () => {
  it('holds no secret of the settings, of their files or of the environment', async () => {
    const planted: string[] = [];
    const plant = (name: string) => {
      planted.push(`planted-${name}-0123456789`);
      return planted.at(-1) ?? '';
    };
    const file = (name: string, text = plant(name)) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    planted.push('kubeconfig-planted-token');
    const env: Record<string, string> = {
      OPENKUPE_DATABASE_URL: `postgres://user:${plant('database')}@127.0.0.1:1/openkupe`,
      OPENKUPE_VALKEY_URL: `redis://user:${plant('valkey')}@127.0.0.1:1/0`,
      OPENKUPE_OPENBAO_ADDRESS: 'http://127.0.0.1:1',
      OPENKUPE_OPENBAO_TOKEN: plant('openbao'),
      OPENKUPE_OIDC_ISSUER: `http://user:${plant('issuer')}@127.0.0.1:1`,
      OPENKUPE_SECRETS: JSON.stringify({ apiKeyPepper: plant('pepper'), answerKey: plant('answer') }),
      OPENKUPE_HOST_KUBECONFIG: file('kubeconfig', KUBECONFIG),
      OPENKUPE_TLS_CERT: file('tls.crt', 'no certificate'),
      OPENKUPE_TLS_KEY: file('tls.key'),
      AWS_SECRET_ACCESS_KEY: plant('environment'),
      OPENKUPE_BACKUP_PASSPHRASE: plant('passphrase'),
    };
    for (const [, { isSecret, variable }] of SETTING_ENTRIES as readonly (readonly [string, Setting])[])
      if (isSecret) expect(Object.keys(env), 'every secret setting is planted').toContain(variable);
    const bundle = join(folder, 'bundle');
    for (const settings of [env, { ...env, OPENKUPE_OIDC_ISSUER: 'http://127.0.0.1:1' }, { ...env, OPENKUPE_PORT: 'no port' }]) {
      const { text } = await run(['--bundle', bundle], settings);
      const written = readdirSync(bundle).map((name) => readFileSync(join(bundle, name), 'utf8'));
      expect(written.length).toBeGreaterThanOrEqual(3);
      for (const secret of planted) expect([text, ...written].join('\n')).not.toContain(secret);
      execFileSync('rm', ['-r', bundle]);
    }
  });

  it('does not overwrite a folder', async () => {
    mkdirSync(join(folder, 'there'));
    const { code, complaints } = await run(['--bundle', 'there']);
    expect([code, complaints]).toEqual([1, [expect.stringContaining('does not exist yet')]]);
    expect(existsSync(join(folder, 'there', 'findings.json'))).toBe(false);
  });
});
