import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from '../testing/kupe-double.ts';
import { environmentFor, type RunOptions, runCli } from '../testing/run-cli.ts';

let double: KupeDouble;
let folder: string;
beforeEach(async () => {
  double = await startKupeDouble();
  folder = mkdtempSync(join(tmpdir(), 'openkupe-apply-'));
});
afterEach(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});
const run = (line: string, { env, ...options }: RunOptions = {}) =>
  runCli(line, { ...options, env: { ...environmentFor(double), KUPE_CONFIG: folder, ...env } });
const written = () =>
  double.seen.filter(({ method }) => method !== 'GET').map(({ method, path, body }) => [method, path.split('/acme')[1], body]);

const CHANGE = 'kind: cluster\nname: production\nversion: "1.33"\nresources: {memory: 16Gi}';
/** Changes a cluster behind the back of the command, as soon as it was read once. */
function changedMeanwhile(change: object): void {
  let reads = 0;
  double.answer = ({ method, path }) => {
    const cluster = double.clusters.get('production');
    if (method === 'GET' && path.endsWith('/clusters/production') && cluster) {
      reads += 1;
      if (reads === 2) double.clusters.set('production', { ...cluster, ...change, resourceVersion: '18' });
    }
    return undefined;
  };
}

describe('apply', () => {
  test('shows what differs, sends only that, and creates what is not there under an idempotency key', async () => {
    const input = `${CHANGE}\n---\nKind: x\nkind: secret\nname: new\nsecretPath: a/b\n---\nkind: member\nemail: owner@acme.example\nrole: admin`;
    const { exit, out, err } = await run('apply -f - --yes', { input: input.replace('Kind: x\n', '') });
    expect([exit, out]).toEqual([
      0,
      'KIND     NAME                ACTION\ncluster  production          changed\nsecret   new                 created\nmember   owner@acme.example  unchanged\n',
    ]);
    expect(err).toBe(
      '~ cluster/production\n  ~ version: 1.32 → 1.33\n+ secret/new\n  + name: new\n  + secretPath: a/b\ncluster/production changed\nsecret/new created\n',
    );
    expect(written()).toEqual([
      ['PATCH', '/clusters/production', { version: '1.33' }],
      ['POST', '/secrets', { name: 'new', secretPath: 'a/b' }],
    ]);
    const [patch, post] = double.seen.filter(({ method }) => method !== 'GET');
    expect(patch?.headers['if-match']).toBe('"17"');
    expect(post?.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('the same again sends nothing', async () => {
    const { exit, err } = await run('apply -f -', { input: 'kind: cluster\nname: production\nversion: "1.32"' });
    expect([exit, err, written()]).toEqual([0, 'Everything is like that already; nothing was sent.\n', []]);
  });

  test.each([
    ['y\n', 0],
    ['\n', 2],
  ])('asks on a terminal: %j', async (input, exit) => {
    writeFileSync(join(folder, 'one.yaml'), CHANGE);
    const ended = await run(`apply -f ${join(folder, 'one.yaml')}`, { isTerminal: true, input });
    expect([ended.exit, written().length]).toEqual([exit, exit === 0 ? 1 : 0]);
    expect(ended.err).toContain('Apply this? (y/N) ');
  });

  test('without a terminal it needs --yes', async () => {
    const { exit, err } = await run('apply -f -', { input: CHANGE });
    expect([exit, err, written()]).toEqual([2, expect.stringContaining('Applying this needs --yes here'), []]);
  });

  test('--dry-run only asks the server, and says what it would cost', async () => {
    const price = { currency: 'GBP', perMonth: '96.00' };
    double.answer = ({ path }) =>
      path.includes('validateOnly=true')
        ? { status: 200, headers: { 'validate-only': 'true' }, body: { ...double.clusters.get('production'), price } }
        : undefined;
    const { exit, err } = await run('apply -f - --dry-run', { input: CHANGE });
    expect([exit, err]).toEqual([0, expect.stringContaining('nothing was done.\nCluster "production" would cost GBP 96.00 a month.\n')]);
    expect(written().map(([method, path]) => `${method} ${path}`)).toEqual(['PATCH /clusters/production?validateOnly=true']);
  });

  test('--prune deletes the clusters that the selector selects and no file has, after a question', async () => {
    const line = `apply -f ${join(folder, 'files')} --prune -l app=shop`;
    mkdirSync(join(folder, 'files'));
    writeFileSync(join(folder, 'files', 'a.yaml'), 'kind: cluster\nname: production\nversion: "1.32"');
    expect((await run(line)).exit).toBe(2);
    const refused = await run(line, { isTerminal: true, input: 'n\n', env: { NO_COLOR: '1' } });
    expect([refused.exit, refused.err]).toEqual([
      2,
      expect.stringContaining('- cluster/staging\nstaging will be destroyed with all workloads'),
    ]);
    expect(written()).toEqual([]);
    expect((await run(line, { isTerminal: true, input: 'y\n' })).exit).toBe(0);
    expect(written()).toEqual([['DELETE', '/clusters/staging', undefined]]);
    expect(double.seen.some(({ path }) => path.includes('labelSelector=app%3Dshop'))).toBe(true);
  });

  test('a failure says what was applied before it', async () => {
    double.answer = ({ method, path }) =>
      method === 'POST' && path.endsWith('/secrets') ? { status: 400, body: { error: 'no' } } : undefined;
    const { exit, err } = await run('apply -f - --yes', { input: `${CHANGE}\n---\nkind: secret\nname: new` });
    expect([exit, err]).toEqual([2, expect.stringContaining('No. This is about secret/new. Applied before it: cluster/production.')]);
  });

  test.each([
    ['name: a', 'The input has no kind; write one of cluster, secret, webhook, member, tenant, alertmanager, as in kind: cluster.'],
    ['kind: pod', 'The input has the kind "pod"; it must be one of cluster, secret, webhook, member, tenant, alertmanager.'],
    ['kind: cluster', 'The input is a cluster without name; give it one.'],
    ['kind: cluster\nname: a\n---\nkind: cluster\nname: a', 'cluster/a is described twice; describe it once.'],
    ['kind: cluster\nname: a\nversion: 1.30', 'version must be a string; quote it: version: "1.30".'],
    [
      'kind: cluster\nname: production\ntype: dedicated',
      'type of cluster/production cannot be changed: it is "shared", and the file has "dedicated"; leave it as it is.',
    ],
    ['kind: tenant\nname: other', 'The file describes tenant "other", and this is "acme"; pass --tenant, or leave out its name.'],
    ['', 'The input is empty; it must hold an object of fields.'],
  ])('%j sends nothing', async (input, sentence) => {
    const { exit, err } = await run('apply -f - --yes', { input });
    expect([exit, err.split('\n')[0], written()]).toEqual([2, `Error: ${sentence}`, []]);
  });
});

describe('diff has the exit codes of kubectl', () => {
  test('0 for no difference, 1 for one, more for a failure', async () => {
    expect((await run('diff -f -', { input: 'kind: cluster\nname: production' })).exit).toBe(0);
    const { exit, out } = await run('diff -f -', { input: CHANGE });
    expect([exit, out]).toEqual([1, '~ cluster/production\n  ~ version: 1.32 → 1.33\n']);
    double.answer = () => ({ status: 400, body: { error: 'no' } });
    expect((await run('diff -f -', { input: CHANGE })).exit).toBe(2);
    double.answer = () => ({ status: 500, body: { error: 'no' } });
    expect((await run('diff -f -', { input: CHANGE })).exit).toBe(7);
    expect(written()).toEqual([]);
  });
});

describe('edit', () => {
  /** An editor that does this to the text. */
  const editor = (script: string) => ({ EDITOR: `sed -i '${script}'` });
  const kept = (err: string) => /kept in (\S+)\.\n/.exec(err)?.[1] ?? '';

  test('sends only what was changed', async () => {
    const { exit, err } = await run('edit cluster production', { env: editor('s/1.32/1.33/;s/16Gi/32Gi/') });
    expect(exit, err).toBe(0);
    expect(written()).toEqual([['PATCH', '/clusters/production', { version: '1.33', resources: { memory: '32Gi' } }]]);
  });

  test('sends nothing without a change', async () => {
    const { exit, err } = await run('edit webhook deploys', { env: editor('') });
    expect([exit, err, written()]).toEqual([0, 'webhook/deploys was not changed; nothing was sent.\n', []]);
  });

  test('keeps what another client changed elsewhere', async () => {
    changedMeanwhile({ resources: { cpu: '8', memory: '16Gi', storage: '100Gi' } });
    expect((await run('edit cluster production', { env: editor('s/1.32/1.33/') })).exit).toBe(0);
    expect(double.clusters.get('production')).toMatchObject({ version: '1.33', resources: { cpu: '8' } });
  });

  test('a conflict without a terminal is exit code 5, and keeps the text', async () => {
    changedMeanwhile({ version: '1.34' });
    const { exit, err } = await run('edit cluster production -o json', { env: editor('s/1.32/1.33/') });
    expect([exit, written()]).toEqual([5, []]);
    expect(err).toContain('version: it was 1.32, now it is 1.34, yours is 1.33.\n');
    expect(readFileSync(kept(err), 'utf8')).toContain('version: "1.33"');
    expect(JSON.parse(err.trim().split('\n').at(-1) ?? '')).toMatchObject({
      code: 'conflict',
      outcome: 'not-applied',
      conflicts: [{ field: 'version', base: '1.32', theirs: '1.34', yours: '1.33' }],
    });
  });

  test.each([
    ['y\n', 0, [{ version: '1.33', resources: { cpu: '9' } }]],
    ['t\n', 0, [{ resources: { cpu: '9' } }]],
    ['q\n', 5, []],
  ])('on a terminal each field is decided: %j', async (input, exit, bodies) => {
    changedMeanwhile({ version: '1.34' });
    const ended = await run('edit cluster production', { env: editor('s/1.32/1.33/;s/cpu: .*/cpu: "9"/'), isTerminal: true, input });
    expect([ended.exit, written().map(([, , body]) => body)]).toEqual([exit, bodies]);
    expect(ended.err).toContain('it was       1.32\n');
    expect(ended.err).toContain('now, theirs  1.34\n');
  });

  test('a text that cannot be read is kept', async () => {
    const { exit, err } = await run('edit cluster production', { env: editor('s/^version/ver: [/') });
    expect(exit).toBe(2);
    expect(readFileSync(kept(err), 'utf8')).toContain('ver: [');
  });

  test.each([
    ['edit pod a', 'There is no kind "pod"; it is one of cluster, secret, webhook, member, tenant, alertmanager.', 2],
    ['edit cluster', 'Which cluster? Give its name.', 2],
    ['edit cluster nothing', 'There is no cluster "nothing".', 4],
  ])('%s', async (line, sentence, exit) => {
    const ended = await run(line);
    expect([ended.exit, ended.err.split('\n')[0]]).toEqual([exit, `Error: ${sentence}`]);
  });
});
