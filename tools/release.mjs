// Makes a release in this checkout: `npm run release -- VERSION [--dry-run]`. The version goes into every package, the chart and the Compose file, what was
// unreleased in the change log becomes its section, the packages are packed and looked into, and a commit and a tag with that section are made. Pushing
// them is left to you: .github/workflows/release.yml publishes what the tag names. A dry run writes nothing, and prints what would change.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';
import { checkVersion, releaseTexts } from './release-texts.mjs';

const PUBLISHED = {
  contract: '@openkupe/contract',
  sdk: '@openkupe/sdk',
  cli: 'openkupe',
  server: '@openkupe/server',
  sandbox: '@openkupe/sandbox',
};

/** The output of a program that has to succeed. */
function run(command, args, input) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', input, maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${(stderr || stdout || error?.message || '').trim()}`);
  return stdout;
}

/** Packs what is published and looks into it: the names, one version everywhere, and what every package has to hold. */
function checkPackages(version) {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-release-'));
  try {
    const files = run(nodeBinary(), [join(root, 'tools/pack.mjs'), folder])
      .trim()
      .split('\n');
    const found = files.map((file) => {
      const held = run('tar', ['-tzf', file]).trim().split('\n');
      for (const name of ['LICENSE', 'README.md', 'package.json'])
        if (!held.includes(`package/${name}`)) throw new Error(`${file} holds no ${name}; correct tools/pack.mjs`);
      const packed = JSON.parse(run('tar', ['-xzOf', file, 'package/package.json']));
      const needed = Object.entries(packed.dependencies ?? {}).filter(([name]) => Object.values(PUBLISHED).includes(name));
      if ([packed.version, ...needed.map(([, range]) => range)].some((text) => text !== version))
        throw new Error(`${file} has another version than ${version}, or needs one; correct tools/release-texts.mjs`);
      return packed.name;
    });
    if (found.toSorted().join() !== Object.values(PUBLISHED).toSorted().join()) throw new Error(`These were packed: ${found.join(', ')}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function release(argv) {
  const isDry = argv.includes('--dry-run');
  const [version] = argv.filter((text) => !text.startsWith('--'));
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const folders = ['conformance', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)].toSorted();
  const current = JSON.parse(read('packages/server/package.json')).version;
  checkVersion(version, current);
  if (run('git', ['status', '--porcelain']) !== '')
    throw new Error('There are changes that are not committed; commit them, or put them away');
  if (run('git', ['tag', '--list', `v${version}`]) !== '') throw new Error(`There is a tag v${version}; name another version`);
  const date = new Date().toISOString().slice(0, 10);
  const { texts, message } = releaseTexts({ read, folders, current, version, date });
  const changed = [...texts].filter(([path, text]) => text !== read(path)).map(([path]) => path);
  if (isDry)
    return console.log(`${changed.map((path) => `would change ${path}`).join('\n')}\nwould commit, and tag v${version}:\n\n${message}`);
  try {
    for (const path of changed) writeFileSync(join(root, path), texts.get(path));
    checkPackages(version);
    run('git', ['commit', '--quiet', '--message', `Release ${version}`, '--', ...changed]);
  } catch (error) {
    run('git', ['checkout', '--quiet', 'HEAD', '--', ...changed]);
    throw error;
  }
  run('git', ['tag', '--annotate', '--cleanup=verbatim', '--file', '-', `v${version}`], message);
  console.log(`Version ${version} is committed and tagged. To publish it: git push origin HEAD v${version}`);
}

try {
  release(process.argv.slice(2));
} catch (error) {
  console.error(`openkupe: ${error.message}`);
  process.exitCode = 1;
}
