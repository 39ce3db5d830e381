import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';
import { systemClock, systemRandom } from '@openkupe/contract';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { changeOf, clusterKey, clusterSpec, commitWritten, createCluster } from '../store/conformance/samples.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { runStoreCommand, type StoreCommandRun } from './run-store-command.ts';

const PASSPHRASE = 'correct horse battery staple';
const SQLITE = { OPENKUPE_DATABASE_URL: '' };

/** Runs the command, and returns what it printed and its exit code. */
async function store(words: readonly string[], more: Partial<StoreCommandRun> = {}) {
  const said: string[] = [];
  const complained: string[] = [];
  const code = await runStoreCommand(words, {
    env: { ...SQLITE, OPENKUPE_BACKUP_PASSPHRASE: PASSPHRASE },
    folder: '/',
    clock: systemClock,
    random: systemRandom,
    signal: new AbortController().signal,
    ask: undefined,
    say: (line) => said.push(line),
    complain: (sentence) => complained.push(sentence),
    ...more,
  });
  return { code, said: said.join('\n'), complained: complained.join('\n') };
}

let server: InProcess;
let scratch: string;
let file: string;
beforeEach(async () => {
  server = await startInProcess(SQLITE);
  scratch = scratchFolder();
  file = join(scratch, 'kupe.backup');
  await server.plane.localValues.put('demo', 'db', { password: 'hunter2' });
  expect((await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'web' } })).status).toBe(201);
});
afterEach(() => server.stop());

const backUp = (...flags: string[]) => store(['backup', file, '--data', server.dataFolder, ...flags]);
const restoreTo = (name: string, ...flags: string[]) => store(['restore', file, '--data', join(scratch, name), ...flags]);
const linesOf = (path: string) => gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
const rewrite = (lines: readonly string[]) => writeFileSync(file, gzipSync(`${lines.join('\n')}\n`));

describe('a backup of a running server', () => {
  it('is a private file that holds everything, and restores to the same rows, values and keys', async () => {
    const { code, said } = await backUp();
    expect(code).toBe(0);
    expect(said).toMatch(/as of revision \d+, in \d+ bytes/);
    expect(said).toContain('The secrets of the installation are in it, under the passphrase');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(scratch)).toEqual(['kupe.backup']);
    const restored = await restoreTo('data', '--verify');
    expect([restored.code, restored.complained]).toEqual([0, '']);
    expect(restored.said).toContain('Verified');
    const again = await startInProcess({ ...SQLITE, OPENKUPE_DATA: join(scratch, 'data') });
    onTestFinished(() => again.stop());
    const path = '/api/v1/tenants/demo/clusters/web';
    const [one, other] = [await server.send({ method: 'GET', path }), await again.send({ method: 'GET', path, key: server.adminKey })];
    expect([other.status, other.text, other.headers.etag]).toEqual([200, one.text, one.headers.etag]);
    expect(await again.plane.localValues.read('demo', 'db')).toMatchObject({ values: { password: 'hunter2' } });
  });

  it('restores to a store that gives out no version again that the lost server gave out after the backup', async () => {
    const path = '/api/v1/tenants/demo/clusters/web';
    const write = async (on: InProcess, displayName: string) =>
      (await on.send({ method: 'PATCH', path, key: server.adminKey, body: { alerts: { displayName } } })).headers.etag ?? '';
    await backUp();
    const lost = [await write(server, 'one'), await write(server, 'two'), await write(server, 'three')];
    const after = (await server.plane.ports.store.newestRevision()) - 1;
    await restoreTo('data');
    const again = await startInProcess({ ...SQLITE, OPENKUPE_DATA: join(scratch, 'data') });
    onTestFinished(() => again.stop());
    const given = [await write(again, 'a'), await write(again, 'b'), await write(again, 'c'), await write(again, 'd')];
    expect(given.filter((etag) => lost.includes(etag))).toEqual([]);
    const stale = await again.send({ method: 'PATCH', path, key: server.adminKey, headers: { 'if-match': lost[0] ?? '' }, body: {} });
    expect(stale.status).toBe(412);
    const stream = await again.send({ method: 'GET', path: `/api/v1/tenants/demo/events?after=${after}`, key: server.adminKey });
    expect(stream.text).toContain('event: resync');
  });

  it('holds neither secrets nor values nor private keys in clear', async () => {
    await backUp();
    const text = linesOf(file).join('\n');
    const { apiKeyPepper, answerKey } = JSON.parse(readFileSync(join(server.dataFolder, 'secrets.json'), 'utf8'));
    for (const secret of [apiKeyPepper, answerKey, server.adminKey, 'hunter2', 'PRIVATE KEY', PASSPHRASE])
      expect(text).not.toContain(secret);
  });

  it('takes the passphrase from a file or from a terminal, where a new one is typed twice', async () => {
    const env = SQLITE;
    const passphraseFile = join(scratch, 'passphrase');
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
    expect((await store(['backup', file, '--data', server.dataFolder, '--passphrase-file', passphraseFile], { env })).code).toBe(0);
    const answers = [PASSPHRASE];
    const typed = await store(['restore', file, '--data', join(scratch, 'typed')], { env, ask: async () => answers.shift() ?? '' });
    expect([typed.code, typed.complained]).toEqual([0, '']);
    rmSync(file);
    const different = ['one passphrase', 'another passphrase'];
    const refused = await store(['backup', file, '--data', server.dataFolder], { env, ask: async () => different.shift() ?? '' });
    expect([refused.code, refused.complained]).toEqual([1, 'The two are not the same; run it again']);
    expect((await store(['backup', file, '--data', server.dataFolder], { env })).complained).toContain('There is no terminal to ask');
    expect((await store(['backup', file, '--data', server.dataFolder], { env, ask: async () => 'short' })).complained).toContain(
      'at least 8',
    );
    expect(existsSync(file)).toBe(false);
  });

  it('leaves the secrets out where asked, says so, and is restored with those that were kept apart only', async () => {
    expect((await backUp('--without-secrets')).said).toContain('The secrets of the installation are NOT in it');
    const refused = await restoreTo('data');
    expect([refused.code, refused.complained]).toEqual([1, expect.stringContaining('is without the secrets of the installation')]);
    const other = join(scratch, 'other.json');
    const key = Buffer.alloc(32, 7).toString('base64url');
    writeFileSync(other, JSON.stringify({ apiKeyPepper: key, answerKey: key }));
    expect((await restoreTo('data', '--secrets-file', other)).complained).toContain('not of this installation');
    expect(existsSync(join(scratch, 'data'))).toBe(false);
    expect((await restoreTo('data', '--secrets-file', join(server.dataFolder, 'secrets.json'))).code).toBe(0);
  });

  it('never overwrites a file', async () => {
    writeFileSync(file, 'precious');
    expect(await backUp()).toMatchObject({ code: 1, complained: expect.stringContaining(`"${file}" exists`) });
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it('leaves the draft of another backup as it is', async () => {
    const draft = `${file}.${process.pid}.part`;
    writeFileSync(draft, 'half');
    expect(await backUp()).toMatchObject({ code: 1, complained: expect.stringContaining(`"${draft}" exists`) });
    expect(readFileSync(draft, 'utf8')).toBe('half');
  });

  it('leaves nothing where it is interrupted', async () => {
    const signal = AbortSignal.abort();
    expect(await store(['backup', file, '--data', server.dataFolder], { signal })).toMatchObject({ code: 130 });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it.each([
    ['no folder', (folder: string) => [join(folder, 'none', 'x')], /cannot be written \(ENOENT\)/],
    ['no store', (folder: string) => [join(folder, 'x'), '--data', folder], /holds no database of a control plane/],
  ])('says what is wrong: %s', async (_what, words, sentence) => {
    const flags = words(scratch);
    const { code, complained } = await store(['backup', ...flags, ...(flags.includes('--data') ? [] : ['--data', server.dataFolder])]);
    expect([code, complained]).toEqual([1, expect.stringMatching(sentence)]);
  });

  it('refuses a data folder whose secrets are gone', async () => {
    rmSync(join(server.dataFolder, 'secrets.json'));
    expect(await backUp()).toMatchObject({ code: 1, complained: expect.stringContaining('secrets.json is missing') });
    expect(readdirSync(scratch)).toEqual([]);
  });
});

describe('a restore that fails', () => {
  /** Nothing is there, not even the folder. */
  async function expectRefused(sentence: RegExp | string, more: Partial<StoreCommandRun> = {}): Promise<void> {
    const { code, complained } = await store(['restore', file, '--data', join(scratch, 'data')], more);
    expect([code, complained]).toEqual([1, expect.stringMatching(sentence)]);
    expect(existsSync(join(scratch, 'data'))).toBe(false);
  }
  beforeEach(async () => void (await backUp()));

  it('says that the passphrase is another one', () =>
    expectRefused('The passphrase is not the one', { env: { ...SQLITE, OPENKUPE_BACKUP_PASSPHRASE: 'another one' } }));

  it.each([0.1, 0.5, 0.9, 0.999])('notices a file that was cut off after %d of it', async (share) => {
    truncateSync(file, Math.floor(statSync(file).size * share));
    await expectRefused(/cut off or was altered/);
  });

  it.each([
    ['a row', (line: string) => line.replace('["cluster","demo","web"', '["cluster","demo","wet"')],
    ['the header', (line: string) => line.replace(/"revision":\d+/, '"revision":1')],
    ['the end', (line: string) => (line.startsWith('{"end"') ? [] : line)],
    ['what follows', (line: string) => (line.startsWith('{"end"') ? [line, '[1]'] : line)],
    ['a missing row', (line: string) => (line.startsWith('["cluster"') ? [] : line)],
    ['no JSON', (line: string) => (line.startsWith('["cluster"') ? 'x' : line)],
    ['a cell', (line: string) => (line.startsWith('["cluster"') ? '[true]' : line)],
  ])('notices that %s was altered', async (_what, alter) => {
    rewrite(linesOf(file).flatMap(alter));
    await expectRefused(/cut off or was altered/);
  });

  it('notices a change whose checksum was made anew by one without the secrets', async () => {
    const lines = linesOf(file)
      .slice(0, -1)
      .map((line) => line.replaceAll('"role\\":\\"admin', '"role\\":\\"owner'));
    const { end } = JSON.parse(linesOf(file).at(-1) ?? '');
    const sha256 = createHash('sha256')
      .update(`${lines.join('\n')}\n`)
      .digest('hex');
    rewrite([...lines, JSON.stringify({ end: { ...end, sha256 } })]);
    await expectRefused('its checksum does not match');
  });

  it.each([
    ['sequences', { sequences: { revision: 'x' } }],
    ['secrets', { secrets: { salt: 5 } }],
  ])('says that the header was altered: %s', async (_what, altered) => {
    const [header = '', ...lines] = linesOf(file);
    rewrite([JSON.stringify({ ...JSON.parse(header), ...altered }), ...lines]);
    await expectRefused('its header is not complete');
  });

  it('does not read a line that is longer than any row', async () => {
    writeFileSync(file, Buffer.concat([...Array(3)].map(() => gzipSync(Buffer.alloc(16 * 1024 * 1024, 'a')))));
    await expectRefused('a line is too long');
  });

  it('refuses a newer format, an unknown table, and a file that is none', async () => {
    const lines = linesOf(file);
    rewrite(lines.map((line) => line.replace('"openkupeBackup":1', '"openkupeBackup":2')));
    await expectRefused('The backup has format 2, this release knows up to 1');
    rewrite(lines.map((line) => line.replace('{"name":"audit"', '{"name":"auditing"')));
    await expectRefused('does not know the table "auditing"');
    rewrite(lines.map((line) => line.replace('"columns":["revision"', '"columns":["revised"')));
    await expectRefused('does not know the column "revised"');
    writeFileSync(file, 'text');
    await expectRefused('is no backup of openkupe');
    rewrite(['{}']);
    await expectRefused('This is no backup of openkupe');
    rmSync(file);
    await expectRefused(/cannot be read \(ENOENT\)/);
  });

  it('leaves a folder that holds anything as it is', async () => {
    mkdirSync(join(scratch, 'data'));
    writeFileSync(join(scratch, 'data', 'mine'), 'precious');
    expect(await restoreTo('data')).toMatchObject({ code: 1, complained: expect.stringContaining('holds "mine" already') });
    expect(readdirSync(join(scratch, 'data'))).toEqual(['mine']);
    expect((await store(['restore', file, '--data', server.dataFolder])).complained).toMatch(/in use|uses the data folder|already/);
  });

  it('takes an empty folder, also with what a killed restore has left', async () => {
    mkdirSync(join(scratch, 'data', 'restore.part', 'rest'), { recursive: true });
    const start = startInProcess({ ...SQLITE, OPENKUPE_DATA: join(scratch, 'data') });
    await expect(start).rejects.toThrow(/holds restore.part\/, but its database openkupe.db is missing/);
    expect((await restoreTo('data')).code).toBe(0);
    expect(readdirSync(join(scratch, 'data')).sort()).toEqual(['openkupe.db', 'openkupe.lock', 'secret-values', 'secrets.json']);
  });

  it('says that the disk is full, and leaves it empty', async (context) => {
    for (let at = 0; at < 40; at += 1) {
      const cluster = Object.assign(createCluster(clusterKey(`large-${at}`)), { spec: clusterSpec('x'.repeat(50_000)) });
      await commitWritten(server.plane.ports.store, changeOf(cluster));
    }
    rmSync(file);
    await backUp();
    const disk = join(scratch, 'disk');
    mkdirSync(disk);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=10m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      return context.skip('needs the right to mount a file system');
    }
    onTestFinished(() => void execFileSync('umount', [disk]));
    for (const leftKb of [3_000, 1_500, 900, 0]) {
      const { bfree, bsize } = statfsSync(disk);
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(bfree * bsize - leftKb * 1024, 1));
      const { code, complained } = await store(['restore', file, '--data', join(disk, 'data')]);
      expect([leftKb, code, complained]).toEqual([leftKb, 1, expect.stringMatching(/disk .*is full/)]);
      expect(readdirSync(disk)).toEqual(['ballast']);
      const copy = await store(['backup', join(disk, 'x'), '--data', server.dataFolder]);
      if (leftKb === 0) expect(copy).toMatchObject({ code: 1, complained: expect.stringContaining('is full') });
      rmSync(join(disk, 'x'), { force: true });
      expect(readdirSync(disk)).toEqual(['ballast']);
      rmSync(join(disk, 'ballast'));
    }
    expect((await store(['restore', file, '--data', join(disk, 'data')])).code).toBe(0);
  });
});

describe('a check', () => {
  const check = () => store(['check', '--data', server.dataFolder]);

  it('counts what is there, beside the running server', async () => {
    const { code, said } = await check();
    expect([code, said]).toEqual([0, expect.stringMatching(/resource 3\b[\s\S]*No damage found, and the secrets are those of the store/)]);
  });

  it('ends where it is interrupted', async () =>
    expect(await store(['check', '--data', server.dataFolder], { signal: AbortSignal.abort() })).toMatchObject({ code: 130 }));

  it.each<[string, string, RegExp]>([
    ['a spec', "UPDATE resource SET spec = '{' WHERE kind = 'cluster'", /Cannot read the cluster "demo\/web"/],
    ['a ledger entry', "INSERT INTO ledger VALUES ('demo', 1, 0, 'x', '{}')", /Cannot read the ledger entry "demo\/1"/],
    ['a gap', `INSERT INTO ledger VALUES ('demo', 2, 0, 'x', '{}')`, /entry 2 where 1 is missing/],
    ['the revision', "UPDATE counter SET value = 1 WHERE name = 'revision'", /ahead of the last revision 1/],
    ['the fence', 'UPDATE work SET fence = 999', /has fence 999, which is ahead/],
    ['the known time', "INSERT INTO installation VALUES ('known-time', '{}')", /Cannot read the installation row "known-time"/],
    ['the secrets', "UPDATE installation SET value = 'x' WHERE name = 'secrets-check'", /not of this installation/],
  ])('finds damage: %s', async (_what, sql, sentence) => {
    const database = new DatabaseSync(join(server.dataFolder, 'openkupe.db'));
    database.exec(sql);
    database.close();
    const { code, said } = await check();
    expect([code, said]).toEqual([1, expect.stringMatching(sentence)]);
    expect(said).toMatch(/\d problems found/);
  });
});

describe('the command line', () => {
  it.each<[string, string]>([
    ['', 'Usage: openkupe store'],
    ['nonsense', 'There is no command "store nonsense"'],
    ['backup', '"store backup" takes FILE, not 0 arguments'],
    ['copy a', '"store copy" takes FROM and TO, not 1 arguments'],
    ['check --verify', '--verify has no effect on "store check"'],
    ['backup x --passphrase secret', "Unknown option '--passphrase'"],
    ['restore x --without-secrets', '--without-secrets has no effect on "store restore"'],
    ['copy a postgresql://x', 'must name a user and a database'],
  ])('is refused: %s', async (line, sentence) => {
    const { code, said, complained } = await store(line.split(' ').filter(Boolean));
    expect([code, said + complained]).toEqual([2, expect.stringContaining(sentence)]);
  });

  it('repeats no URL, which may hold a password', async () => {
    const { code, said, complained } = await store(['postgresql://me:password@db/x', 'folder']);
    expect([code, said + complained]).toEqual([2, expect.stringMatching(/^(?!.*password).*Say what to do with the store/s)]);
  });

  it('prints its help', async () =>
    expect(await store(['--help'])).toMatchObject({ code: 0, said: expect.stringContaining('copy FROM TO') }));
});

describe('a store of another release', () => {
  let other: string;
  const change = (sql: string) => {
    const database = new DatabaseSync(join(other, 'openkupe.db'));
    database.exec(sql);
    database.close();
  };
  beforeEach(async () => {
    other = join(scratch, 'other');
    expect((await store(['copy', server.dataFolder, other])).code).toBe(0);
  });

  it('is backed up as it is where it is older, and restored to the newest schema', async () => {
    change('ALTER TABLE audit DROP COLUMN fields; ALTER TABLE audit DROP COLUMN address; PRAGMA user_version = 5');
    expect(await store(['backup', file, '--data', other])).toMatchObject({ code: 0, complained: '' });
    expect(await restoreTo('data', '--verify')).toMatchObject({ code: 0, complained: '' });
    const restored = new DatabaseSync(join(scratch, 'data', 'openkupe.db'));
    onTestFinished(() => restored.close());
    expect(restored.prepare('SELECT count(*) AS rows, max(address) AS address FROM audit').get()).toMatchObject({ rows: 3, address: '' });
  });

  it('is refused where it is newer', async () => {
    change('PRAGMA user_version = 99');
    expect(await store(['backup', file, '--data', other])).toMatchObject({
      code: 1,
      complained: expect.stringContaining('schema version 99'),
    });
    expect(await store(['check', '--data', other])).toMatchObject({
      code: 1,
      complained: expect.stringContaining('use the newer release'),
    });
  });
});

it('copies a data folder with everything that is in it', async () => {
  const to = join(scratch, 'copy');
  const beside = await store(['copy', server.dataFolder, to, '--verify']);
  expect(beside).toMatchObject({ code: 0, complained: '', said: expect.stringMatching(/A control plane runs on .* copy again/) });
  expect(await store(['check', '--data', to])).toMatchObject({ code: 0 });
  const alone = await store(['copy', to, join(scratch, 'copy-of-copy')]);
  expect(alone).toMatchObject({ code: 0, said: expect.not.stringContaining('A control plane runs on') });
  expect(await store(['copy', server.dataFolder, to])).toMatchObject({ code: 1, complained: expect.stringContaining('already') });
});
