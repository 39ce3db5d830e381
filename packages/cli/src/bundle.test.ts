import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type KupeDouble, startKupeDouble } from './testing/kupe-double.ts';
import { environmentFor } from './testing/run-cli.ts';
import { VERSION } from './version.ts';

const cli = join(import.meta.dirname, '..');
const root = join(cli, '..', '..');

/** Every Node of this machine that is supported, by its major version: the one that runs this, and those on the path. */
function supportedNodes(): [number, string][] {
  const candidates = [process.execPath, ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))];
  const byMajor = new Map<number, string>();
  for (const path of candidates.filter(existsSync)) {
    const major = Number.parseInt(spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout, 10);
    if (major >= 20 && !byMajor.has(major)) byMajor.set(major, path);
  }
  return [...byMajor];
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
const runNode = (node: string, args: string[], env: NodeJS.ProcessEnv = {}): Ended =>
  spawnSync(node, args, { encoding: 'utf8', env: { PATH: process.env.PATH, ...env } });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'openkupe-bundle-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a packed install: bin and dist, and nothing else', () => {
  let bin: string;
  let double: KupeDouble;
  beforeAll(async () => {
    double = await startKupeDouble();
    expect(runNode(process.execPath, [join(cli, 'build.mjs')])).toMatchObject({ status: 0 });
    const packed = join(folder, 'packed');
    for (const name of ['bin', 'dist']) cpSync(join(cli, name), join(packed, name), { recursive: true });
    bin = join(packed, 'bin', 'openkupe.cjs');
    writeFileSync(join(folder, 'no-fetch.cjs'), 'globalThis.fetch = () => { throw new Error("fetch was called"); };');
  });
  afterAll(() => double.close());

  test.each(supportedNodes())('Node %i runs it', async (_, node) => {
    expect(runNode(node, [bin, '--version'])).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
    expect(runNode(node, [bin, '--help']).stdout).toMatch(/^Usage: openkupe/);
    expect(runNode(node, [bin, 'cluster', 'lst'])).toMatchObject({ status: 2, stdout: '' });
  });

  test.each(supportedNodes())('Node %i calls a server without global fetch, in every format', async (_, node) => {
    // NOTE: in a process of its own, which this one must not block while it serves.
    const { spawn } = await import('node:child_process');
    for (const format of ['table', 'json', 'yaml', 'name']) {
      const args = ['--require', join(folder, 'no-fetch.cjs'), bin, 'cluster', 'list', '-o', format];
      const child = spawn(node, args, { env: { PATH: process.env.PATH, ...environmentFor(double) } });
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
      const status = await new Promise((resolve) => child.once('close', resolve));
      const golden = readFileSync(join(cli, 'src', 'golden', `cluster-list.golden.${format}.txt`), 'utf8');
      expect([status, format === 'table' ? out.replace(/\S+$/gm, '') : out]).toEqual([
        0,
        format === 'table' ? golden.replace(/\S+$/gm, '') : golden,
      ]);
    }
  });

  test('without a server beside it, `up` says so', () => {
    expect(runNode(process.execPath, [bin, 'up'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('The server is not installed'),
    });
  });
});

describe('a checkout', () => {
  let checkout: string;
  const bin = () => join(checkout, 'packages', 'cli', 'bin', 'openkupe.cjs');
  const bundle = () => join(checkout, 'packages', 'cli', 'dist', 'openkupe.cjs');
  const source = () => join(checkout, 'packages', 'cli', 'src', 'version.ts');
  const version = () => runNode(process.execPath, [bin(), '--version']);
  /** As if `path` had been written a minute later than everything else. */
  const makeNewer = (path: string) => utimesSync(path, new Date(), new Date(statSync(bundle()).mtimeMs + 60_000));

  beforeAll(() => {
    checkout = join(folder, 'checkout');
    mkdirSync(join(checkout, 'packages'), { recursive: true });
    for (const name of ['cli', 'sdk', 'contract']) {
      cpSync(join(root, 'packages', name), join(checkout, 'packages', name), {
        recursive: true,
        filter: (path) => !/[\\/](node_modules|dist|golden)$/.test(path),
      });
    }
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  });

  beforeEach(() => {
    rmSync(bundle(), { force: true });
    cpSync(join(root, 'packages', 'cli', 'src', 'version.ts'), source());
  });

  test('the first start builds the bundle, the next one does not', () => {
    expect(version()).toMatchObject({ status: 0, stdout: `${VERSION}\n` });
    const builtAt = statSync(bundle()).mtimeMs;
    version();
    expect(statSync(bundle()).mtimeMs).toBe(builtAt);
  });

  test('a newer source builds it again; a newer test does not', () => {
    version();
    const builtAt = statSync(bundle()).mtimeMs;
    makeNewer(join(checkout, 'packages', 'cli', 'src', 'bundle.test.ts'));
    version();
    expect(statSync(bundle()).mtimeMs).toBe(builtAt);
    writeFileSync(source(), "export const VERSION: string = '9.9.9';\n");
    makeNewer(source());
    expect(version().stdout).toBe('9.9.9\n');
  });

  test('a source that cannot be built leaves the former bundle in use, and says so', () => {
    version();
    writeFileSync(source(), 'export const VERSION = ;\n');
    makeNewer(source());
    expect(version()).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: expect.stringContaining('the former bundle is used') });
  });
});
