import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { checkVersion, releaseChangelog } from './release-texts.mjs';

const ROOT = join(import.meta.dirname, '..');
const SLOW_MS = 300_000;
const git = programOnPath('git');
const VERSION = '7.8.9';

it.each([
  ['0.1.1', '0.1.0', undefined],
  ['0.10.0', '0.9.9', undefined],
  ['0.1.0', '0.1.0', 'is not newer than 0.1.0'],
  ['0.9.0', '0.10.0', 'is not newer than 0.10.0'],
  ['1.0', '0.1.0', 'three numbers'],
  ['v1.0.0', '0.1.0', 'three numbers'],
  [undefined, '0.1.0', 'usage: npm run release'],
])('the version %s after %s: %s', (version, current, reason) => {
  const check = () => checkVersion(version, current);
  if (reason === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(reason);
});

it('what is unreleased becomes the section of the version, and earlier ones stay', () => {
  const earlier = '## [0.1.0] - 2026-01-01\n\n* First.\n';
  expect(releaseChangelog(`# Changelog\n\n## [Unreleased]\n\n### Added\n\n* New.\n\n${earlier}`, VERSION, '2026-12-01')).toEqual({
    section: '### Added\n\n* New.',
    text: `# Changelog\n\n## [Unreleased]\n\n## [${VERSION}] - 2026-12-01\n\n### Added\n\n* New.\n\n${earlier}`,
  });
  expect(() => releaseChangelog(`# Changelog\n\n## [Unreleased]\n\n${earlier}`, VERSION, '2026-12-01')).toThrow('nothing under');
});

describe.skipIf(!git || !existsSync(join(ROOT, '.git')))('a release (needs git, and a checkout)', () => {
  let folder: string;
  const inClone = (...args: string[]) =>
    execFileSync(git ?? '', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: folder, encoding: 'utf8' });
  const release = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'tools/release.mjs'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: {
        ...process.env,
        GIT_AUTHOR_NAME: 't',
        GIT_AUTHOR_EMAIL: 't@example.com',
        GIT_COMMITTER_NAME: 't',
        GIT_COMMITTER_EMAIL: 't@example.com',
      },
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openkupe-release-'));
    execFileSync(git ?? '', ['clone', '--quiet', '--no-tags', ROOT, folder]);
    // NOTE: the files as they are now, committed or not.
    const files = execFileSync(git ?? '', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    for (const path of files.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name))))
      cpSync(join(ROOT, path), join(folder, path));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    appendFileSync(join(folder, '.git/info/exclude'), 'node_modules\n');
    inClone('add', '--all');
    inClone('commit', '--quiet', '--allow-empty', '--message', 'As it is now');
  }, SLOW_MS);
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it(
    'changes nothing in a dry run, then makes one commit and a tag with the section',
    () => {
      const before = inClone('rev-parse', 'HEAD');
      const dry = release(VERSION, '--dry-run');
      expect([dry.status, dry.stderr, dry.stdout]).toEqual([
        0,
        '',
        expect.stringContaining('would change deploy/helm/openkupe/Chart.yaml'),
      ]);
      expect([inClone('status', '--porcelain'), inClone('tag')]).toEqual(['', '']);
      const made = release(VERSION);
      expect([made.status, made.stderr, made.stdout]).toEqual([0, '', expect.stringContaining(`git push origin HEAD v${VERSION}`)]);
      expect(inClone('rev-list', '--count', `${before.trim()}..v${VERSION}`).trim()).toBe('1');
      const message = inClone('tag', '--list', '--format=%(contents)', `v${VERSION}`);
      expect(message.startsWith(`openkupe ${VERSION}\n\n### `)).toBe(true);
      const text = (path: string) => readFileSync(join(folder, path), 'utf8');
      expect(text('deploy/helm/openkupe/Chart.yaml')).toContain(`version: ${VERSION}
appVersion: ${VERSION}
`);
      expect(JSON.parse(text('packages/cli/package.json'))).toMatchObject({
        version: VERSION,
        devDependencies: { '@openkupe/sdk': VERSION },
      });
      const lock = spawnSync('npm', ['ls', '--package-lock-only', '--workspaces', '--depth=0', '--json'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect([lock.status, JSON.parse(lock.stdout).problems]).toEqual([0, undefined]);
      expect(release('7.8.9')).toMatchObject({ status: 1, stderr: expect.stringContaining('is not newer') });
    },
    SLOW_MS,
  );
});
