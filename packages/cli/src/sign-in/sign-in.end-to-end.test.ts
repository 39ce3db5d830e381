import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { createPerson } from '../testing/browser-user.ts';
import { type OidcProviderUnderTest, startOidcProvider } from '../testing/oidc-provider.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'openkupe.cjs');
const ADMIN = { email: 'ada@demo.example', groups: ['demo-admins'] };
const folder = mkdtempSync(join(tmpdir(), 'openkupe-sign-in-'));
const programs = join(folder, 'programs');
const base = { PATH: `${programs}:${process.env.PATH ?? ''}`, HOME: folder };
let issuer: OidcProviderUnderTest;
let server: ChildProcess;
let environment: Record<string, string> = base;
let adminKey = '';
/** Everything that commands other than get-token printed. */
let printed = '';

interface Ended {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program as a user does; `during` is called once with the first address that it shows. */
function openkupe(line: string, more: Record<string, string> = {}, during?: (url: string) => Promise<unknown>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let shown = false;
    const child = execFile(process.execPath, [BIN, ...line.split(' ')], { env: { ...environment, ...more } }, (error, out, err) => {
      printed += line.startsWith('auth get-token') ? err : out + err;
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
    child.stdin?.end();
    let err = '';
    child.stderr?.on('data', (text: string) => {
      err += text;
      const url = /^Open (\S+)\n/m.exec(err)?.[1];
      if (!url || shown || !during) return;
      shown = true;
      during(url).catch(reject);
    });
  });
}

/** Where logins of this test alone are kept. */
function ownConfig(): Record<string, string> {
  return { KUPE_CONFIG: mkdtempSync(join(folder, 'config-')) };
}
const signIn = (own: Record<string, string>, line = 'auth login --browser') => openkupe(line, own, (url) => createPerson().visit(url));
const storedIn = (own: Record<string, string>) => JSON.parse(readFileSync(join(own.KUPE_CONFIG ?? '', 'logins.json'), 'utf8')).logins;

async function refreshAtIssuer(refreshToken: string): Promise<unknown> {
  const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'kupe-cli', refresh_token: refreshToken });
  return (await fetch(`${issuer.issuer}/token`, { method: 'POST', body })).json();
}

beforeAll(async () => {
  issuer = await startOidcProvider();
  // NOTE: no browser may open on the machine that runs the tests; the address that would have been opened is written down.
  mkdirSync(programs);
  writeFileSync(join(programs, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${join(folder, 'opened')}'\n`);
  writeFileSync(join(programs, 'openkupe'), `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  for (const name of ['xdg-open', 'openkupe']) chmodSync(join(programs, name), 0o755);
  const envFile = join(folder, 'env.sh');
  server = spawn(process.execPath, [BIN, 'up', '--port', '0', '--data', join(folder, 'data'), '--write-env', envFile], {
    env: { ...base, OPENKUPE_OIDC_ISSUER: issuer.issuer, OPENKUPE_SANDBOX_PROVISIONING_SECONDS: '4' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ctrl-C stops')) resolve();
    });
  });
  const written = Object.fromEntries(
    [...readFileSync(envFile, 'utf8').matchAll(/^export (\w+)='(.*)'$/gm)].map(([, k = '', v = '']) => [k, v]),
  );
  adminKey = written.KUPE_API_KEY ?? '';
  environment = { ...base, KUPE_HOST: written.KUPE_HOST ?? '', KUPE_TENANT: written.KUPE_TENANT ?? '', KUPE_OIDC_ISSUER: issuer.issuer };
}, 60_000);

beforeEach(() => {
  issuer.claims = ADMIN;
  issuer.accessTokenSeconds = 600;
  issuer.deviceCodeSeconds = 60;
});

function expectNoSecretWasPrinted(): void {
  expect(issuer.secrets.filter((secret) => printed.includes(secret))).toEqual([]);
}
afterEach(expectNoSecretWasPrinted);

afterAll(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  await issuer.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('with a code on another device', () => {
  test.concurrent('approved: says who, where and until when, and later commands need nothing else', async () => {
    const own = ownConfig();
    const { exit, out, err } = await signIn(own, 'auth login -o json');
    expect(exit, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      tenant: 'demo',
      user: 'ada@demo.example',
      role: 'admin',
      signedInWith: 'oidc',
      isRenewed: true,
    });
    expect(err).toMatch(/shows the code [A-Z]{4}-[A-Z]{4}\./);
    expect((await openkupe('tenant get -o name', own)).out).toBe('tenant/demo\n');
    expect(statSync(join(own.KUPE_CONFIG ?? '', 'logins.json')).mode & 0o777).toBe(0o600);
  }, 30_000);

  test.concurrent('denied: exit code 3, and nothing is stored', async () => {
    const own = ownConfig();
    const { exit, err } = await openkupe('auth login', own, (url) => createPerson().visit(url, { abort: 'yes' }));
    expect([exit, err]).toEqual([3, expect.stringContaining('Error: The sign-in was denied.')]);
    expect((await openkupe('tenant get', own)).exit).toBe(3);
  }, 30_000);

  test('not approved in time: exit code 3', async () => {
    issuer.deviceCodeSeconds = 4;
    const { exit, err } = await openkupe('auth login', ownConfig());
    expect([exit, err]).toEqual([3, expect.stringMatching(/Error: The code \S+ was not approved in time\./)]);
  }, 30_000);
});

describe('with the browser of this machine', () => {
  test('opens it, and stores tokens that only their owner can read', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const own = { HOME: home };
    const { exit, out, err } = await signIn(own);
    expect(exit, err).toBe(0);
    expect(out).toContain('ada@demo.example');
    expect(/^Open (\S+)\n/.exec(err)?.[1]).toBe(readFileSync(join(folder, 'opened'), 'utf8'));
    const config = join(home, '.config', 'openkupe');
    expect([statSync(config).mode & 0o777, statSync(join(config, 'logins.json')).mode & 0o777]).toEqual([0o700, 0o600]);
    expect((await openkupe('auth whoami', own)).out).toContain('ada@demo.example');
  });

  test('an answer with another state is not accepted: exit code 3', async () => {
    const own = ownConfig();
    const { exit, err } = await openkupe('auth login --browser', own, async (url) => {
      const redirect = new URL(url).searchParams.get('redirect_uri');
      const page = await fetch(`${redirect}?code=stolen&state=forged`);
      expect(await page.text()).toContain('did not succeed');
    });
    expect([exit, err]).toEqual([3, expect.stringContaining('does not belong to this sign-in')]);
    expect(() => storedIn(own)).toThrow('ENOENT');
  });

  test('refused there: exit code 3 with the reason', async () => {
    const { exit, err } = await openkupe('auth login --browser', ownConfig(), async (url) => {
      const person = createPerson();
      const { url: at } = await person.visit(url, {}, ({ pathname }) => pathname.startsWith('/interaction/'));
      await person.visit(`${at}/abort`);
    });
    expect([exit, err]).toEqual([3, expect.stringContaining('refused: access_denied')]);
  });
});

describe('what the server refuses is not stored', () => {
  test.each([
    [
      'no groups in the token',
      { email: 'ada@demo.example' },
      'demo',
      3,
      'Token missing groups claim; sign in again with the scope "groups".',
    ],
    ['groups of another tenant', { ...ADMIN, groups: ['other-admins'] }, 'demo', 3, 'Error: '],
    ['a tenant that does not exist', { ...ADMIN, groups: ['nothing-admins'] }, 'nothing', 4, 'Error: '],
  ])('%s', async (_, claims, tenant, expected, sentence) => {
    issuer.claims = claims;
    const own = { ...ownConfig(), KUPE_TENANT: tenant };
    const { exit, out, err } = await signIn(own);
    expect([exit, out], err).toEqual([expected, '']);
    expect(err).toContain(sentence);
    expect(() => storedIn(own)).toThrow('ENOENT');
    expect(await refreshAtIssuer(issuer.secrets.at(-1) ?? '')).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('an access token that ends', () => {
  test('is renewed by the next command, and the refresh token rotates', async () => {
    const own = ownConfig();
    issuer.accessTokenSeconds = 20;
    expect((await signIn(own)).exit).toBe(0);
    const [before] = storedIn(own);
    issuer.accessTokenSeconds = 600;
    expect((await openkupe('tenant get', own)).exit).toBe(0);
    const [after] = storedIn(own);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect(after.expiresAtMs).toBeGreaterThan(before.expiresAtMs + 500_000);
  });

  test('is renewed once when four processes find it ended', async () => {
    const own = ownConfig();
    issuer.accessTokenSeconds = 20;
    expect((await signIn(own)).exit).toBe(0);
    issuer.accessTokenSeconds = 600;
    const grantsBefore = issuer.grants.length;
    const ends = await Promise.all(Array.from({ length: 4 }, () => openkupe('tenant get -o name', own)));
    expect(ends.map(({ exit, err }) => [exit, err])).toEqual(Array(4).fill([0, '']));
    expect(issuer.grants.slice(grantsBefore)).toEqual(['refresh_token']);
  }, 20_000);

  test('is renewed in the middle of a wait', async () => {
    const own = ownConfig();
    issuer.accessTokenSeconds = 32;
    expect((await signIn(own)).exit).toBe(0);
    issuer.accessTokenSeconds = 600;
    const grantsBefore = issuer.grants.length;
    expect((await openkupe('cluster create later --cpu 1 --memory 1Gi', own)).exit).toBe(0);
    expect(issuer.grants.slice(grantsBefore)).toEqual(['refresh_token']);
  }, 60_000);

  test('and that the issuer does not renew: exit code 3, with how to sign in again', async () => {
    const own = ownConfig();
    issuer.accessTokenSeconds = 20;
    expect((await signIn(own)).exit).toBe(0);
    await issuer.forgetGrants();
    const { exit, err } = await openkupe('tenant get', own);
    expect([exit, err]).toEqual([
      3,
      expect.stringMatching(/^Error: The sign-in for tenant "demo" at \S+ has ended; sign in again\.\n {2}openkupe auth login /),
    ]);
  });
});

describe('an access token that the server refuses although it should be good', () => {
  /** As if the issuer had revoked it: what is stored is not accepted, and is not ended by its date. */
  function spoil(own: Record<string, string>): void {
    const path = join(own.KUPE_CONFIG ?? '', 'logins.json');
    const [login] = storedIn(own);
    writeFileSync(path, JSON.stringify({ current: login.name, logins: [{ ...login, accessToken: 'no.good.token' }] }));
  }

  test('is renewed once, and the call is made again', async () => {
    const own = ownConfig();
    expect((await signIn(own)).exit).toBe(0);
    spoil(own);
    const grantsBefore = issuer.grants.length;
    expect((await openkupe('tenant get -o name', own)).out).toBe('tenant/demo\n');
    expect(issuer.grants.slice(grantsBefore)).toEqual(['refresh_token']);
  });

  test('is exit code 3 when it cannot be renewed', async () => {
    const own = ownConfig();
    expect((await signIn(own)).exit).toBe(0);
    spoil(own);
    await issuer.forgetGrants();
    const { exit, err } = await openkupe('tenant get', own);
    expect([exit, err]).toEqual([3, expect.stringContaining('openkupe auth login')]);
  });
});

test('no refresh token is used up when there is no room on the disk for the next one', async (context) => {
  const disk = mkdtempSync(join(folder, 'disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status !== 0) {
    return context.skip('needs the right to mount a file system');
  }
  onTestFinished(() => void spawnSync('umount', [disk]));
  const own = { KUPE_CONFIG: join(disk, 'config') };
  issuer.accessTokenSeconds = 20;
  expect((await signIn(own)).exit).toBe(0);
  issuer.accessTokenSeconds = 600;
  const before = storedIn(own);
  const fill = () => {
    try {
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(512 * 1024));
    } catch {
      // NOTE: full is what it should be.
    }
  };
  fill();
  const grantsBefore = issuer.grants.length;
  const { exit, err } = await openkupe('tenant get', own);
  expect([exit, err]).toEqual([1, expect.stringContaining('(ENOSPC)')]);
  expect(issuer.grants.slice(grantsBefore)).toEqual([]);
  expect(storedIn(own)).toEqual(before);
  const login = await openkupe('auth login', own);
  expect([login.exit, login.err]).toEqual([1, expect.not.stringContaining('Open ')]);
  rmSync(join(disk, 'ballast'));
  expect((await openkupe('tenant get -o name', own)).out).toBe('tenant/demo\n');
  expect(issuer.grants.slice(grantsBefore)).toEqual(['refresh_token']);
}, 30_000);

describe('a login is remembered', () => {
  /** Nothing in the environment says where to go. */
  const bare = () => ({ ...ownConfig(), KUPE_HOST: '', KUPE_TENANT: '', KUPE_OIDC_ISSUER: '' });
  const keyFile = () => {
    const path = join(folder, 'remembered.txt');
    writeFileSync(path, adminKey, { mode: 0o600 });
    return path;
  };

  test('--host is enough: the server names the issuer, the groups the tenant, and later commands need nothing', async () => {
    const own = bare();
    const { exit, err } = await signIn(own, `auth login --browser --host ${environment.KUPE_HOST}`);
    expect(exit, err).toBe(0);
    expect(err).toContain(`names the issuer ${issuer.issuer}\n`);
    const name = `demo@${new URL(environment.KUPE_HOST ?? '').host}`;
    expect(err).toContain(`the current context is ${name}.`);
    expect((await openkupe('tenant get -o name', own)).out).toBe('tenant/demo\n');
    expect(JSON.parse((await openkupe('context show -o json', own)).out)).toEqual({
      name,
      isCurrent: true,
      host: environment.KUPE_HOST,
      tenant: 'demo',
      signedInWith: 'oidc',
      user: 'ada@demo.example',
    });
  });

  test('several, one of them the current one; flags and environment win', async () => {
    const own = bare();
    expect((await signIn(own, `auth login --browser --host ${environment.KUPE_HOST}`)).exit).toBe(0);
    const line = `auth login --host ${environment.KUPE_HOST} --tenant demo --context robot --token-file ${keyFile()}`;
    expect((await openkupe(line, own)).exit).toBe(0);
    const signedInWith = async (flags: string, more = {}) =>
      JSON.parse((await openkupe(`auth whoami -o json${flags}`, { ...own, ...more })).out).signedInWith;
    const [{ name }] = storedIn(own);
    expect(await signedInWith('')).toBe('api-key');
    expect(await signedInWith(` --context ${name}`)).toBe('oidc');
    expect(await signedInWith('', { KUPE_CONTEXT: name })).toBe('oidc');
    expect((await openkupe(`context use ${name}`, own)).exit).toBe(0);
    expect(await signedInWith('')).toBe('oidc');
    expect(await signedInWith('', { KUPE_API_KEY: adminKey })).toBe('api-key');
    expect((await openkupe('context rename robot machine', own)).exit).toBe(0);
    expect((await openkupe('context list -o name', own)).out).toBe(`context/${name}\ncontext/machine\n`);
    expect((await openkupe('context use robot', own)).exit).toBe(2);
    expect((await openkupe('auth logout --context machine', own)).exit).toBe(0);
    expect((await openkupe('context list', own)).out).toMatch(new RegExp(`^\\* +${name} +http.* +demo +ada@demo\\.example$`, 'm'));
    expect((await openkupe('auth logout', own)).exit).toBe(0);
    expect((await openkupe('cluster list', own)).exit).toBe(2);
  }, 30_000);

  test('whoami knows the role of a key', async () => {
    const own = { ...ownConfig(), KUPE_API_KEY: adminKey };
    const made = JSON.parse((await openkupe('apikey create reader --role readonly -o json', own)).out);
    const role = async (key: string) => JSON.parse((await openkupe('auth whoami -o json', { ...own, KUPE_API_KEY: key })).out).role;
    expect([await role(adminKey), await role(made.key)]).toEqual(['admin', 'readonly']);
  });

  test('who belongs to several tenants says which one, or nothing is stored', async () => {
    issuer.claims = { ...ADMIN, groups: ['demo-admins', 'other-readonly', 'everybody'] };
    const own = bare();
    const { exit, err } = await signIn(own, `auth login --browser --host ${environment.KUPE_HOST}`);
    expect([exit, err]).toEqual([2, expect.stringContaining('You belong to several tenants (demo, other); pass --tenant.')]);
    expect(() => storedIn(own)).toThrow('ENOENT');
    expect(await refreshAtIssuer(issuer.secrets.at(-1) ?? '')).toMatchObject({ error: 'invalid_grant' });
  });

  test('logins at the same time are all kept', async () => {
    const own = bare();
    const file = keyFile();
    const names = Array.from({ length: 6 }, (_, index) => `c${index}`);
    const login = (name: string) =>
      openkupe(`auth login --host ${environment.KUPE_HOST} --tenant demo --context ${name} --token-file ${file}`, own);
    expect((await Promise.all(names.map(login))).map(({ exit }) => exit)).toEqual(names.map(() => 0));
    expect(
      storedIn(own)
        .map(({ name }: { name: string }) => name)
        .sort(),
    ).toEqual(names);
  }, 30_000);

  test('a file of the first version is read, its logins by place', async () => {
    const own = ownConfig();
    const login = { kind: 'api-key', host: environment.KUPE_HOST, tenant: 'demo', apiKey: adminKey };
    writeFileSync(join(own.KUPE_CONFIG ?? '', 'logins.json'), JSON.stringify({ logins: [login] }));
    expect((await openkupe('tenant get -o name', own)).out).toBe('tenant/demo\n');
  });
});

describe('logout', () => {
  test('removes the login and revokes its tokens; the next command is exit code 3', async () => {
    const own = ownConfig();
    expect((await signIn(own)).exit).toBe(0);
    const [{ refreshToken }] = storedIn(own);
    expect((await openkupe('auth logout', own)).exit).toBe(0);
    expect(storedIn(own)).toEqual([]);
    expect(await refreshAtIssuer(refreshToken)).toMatchObject({ error: 'invalid_grant' });
    const { exit, err } = await openkupe('cluster list', own);
    expect([exit, err]).toEqual([3, expect.stringContaining('openkupe auth login')]);
    expect((await openkupe('auth logout', own)).err).toMatch(/^No login was stored/);
  });
});

describe('an API key', () => {
  test('is stored from a file and from the environment, and whoami says what is known of it', async () => {
    const file = join(folder, 'key.txt');
    writeFileSync(file, `${adminKey}\n`, { mode: 0o600 });
    for (const [line, more] of [
      [`auth login --token-file ${file}`, {}],
      ['auth login --api-key', { KUPE_API_KEY: adminKey }],
    ] as const) {
      const own = ownConfig();
      const { exit, err } = await openkupe(line, { ...own, ...more });
      expect(exit, err).toBe(0);
      expect(JSON.parse((await openkupe('auth whoami -o json', own)).out)).toMatchObject({
        user: null,
        signedInWith: 'api-key',
        tenant: 'demo',
      });
    }
  });

  test('of the environment wins over a stored sign-in; another tenant finds no login', async () => {
    const own = ownConfig();
    expect((await signIn(own)).exit).toBe(0);
    expect(JSON.parse((await openkupe('auth whoami -o json', { ...own, KUPE_API_KEY: adminKey })).out).signedInWith).toBe('api-key');
    expect((await openkupe('cluster list', { ...own, KUPE_TENANT: 'other' })).err).toContain('No key is known');
  });

  test('that is wrong is not stored: exit code 3', async () => {
    const own = ownConfig();
    expect((await openkupe('auth login --api-key', { ...own, KUPE_API_KEY: 'kupe_0badcafe_wrong' })).exit).toBe(3);
    expect(() => storedIn(own)).toThrow('ENOENT');
  });
});

describe('an issuer', () => {
  test.each([
    [
      'that is away: exit code 7',
      '--issuer http://127.0.0.1:9',
      7,
      'Error: The issuer http://127.0.0.1:9 cannot be reached; try again later.\n',
    ],
    ['over http on another machine: exit code 2', '--issuer http://auth.example.com', 2, 'must start with https://'],
    ['that is none: exit code 2', `--issuer ${'HOST'}/nothing`, 2, 'There is no OpenID issuer at'],
  ])('%s', async (_, flags, expected, sentence) => {
    const { exit, out, err } = await openkupe(`auth login ${flags.replace('HOST', environment.KUPE_HOST ?? '')}`, ownConfig());
    expect([exit, out], err).toEqual([expected, '']);
    expect(err).toContain(sentence);
  });

  test('is composed from a base and a client id', async () => {
    const { err } = await openkupe('auth login', {
      ...ownConfig(),
      KUPE_OIDC_ISSUER: '',
      KUPE_OIDC_BASE_URL: 'http://127.0.0.1:9/',
      KUPE_OIDC_CLIENT_ID: 'mine',
    });
    expect(err).toContain('http://127.0.0.1:9/application/o/mine/ ');
  });
});

describe('kubectl', () => {
  test('gets a kubeconfig without a secret, whose command prints the present token', async () => {
    const own = ownConfig();
    expect((await signIn(own)).exit).toBe(0);
    await openkupe('cluster create ours --cpu 1 --memory 1Gi', own);
    const { exit, out } = await openkupe('cluster kubeconfig ours --exec', own);
    expect(exit).toBe(0);
    const { exec } = parse(out).users[0].user;
    expect(exec).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      interactiveMode: 'Never',
      env: [{ name: 'KUPE_CONFIG', value: own.KUPE_CONFIG }],
    });
    const [login] = storedIn(own);
    // NOTE: as kubectl runs it: no PATH of ours, another folder, and the variables of the file alone.
    const { stdout } = spawnSync(exec.command, exec.args, {
      encoding: 'utf8',
      cwd: '/',
      env: Object.fromEntries(exec.env.map(({ name, value }: { name: string; value: string }) => [name, value])),
    });
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: login.accessToken, expirationTimestamp: `${new Date(login.expiresAtMs - 30_000).toISOString().slice(0, 19)}Z` },
    });
  }, 30_000);
});

test('prints no token but by get-token', async () => {
  const own = ownConfig();
  expect((await signIn(own)).exit).toBe(0);
  for (const line of ['auth whoami -o json', 'tenant get', 'cluster list -o json']) expect((await openkupe(line, own)).exit).toBe(0);
  expect(issuer.secrets.length).toBeGreaterThan(0);
  expectNoSecretWasPrinted();
});
