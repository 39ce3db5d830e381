// Makes the packages that are published, as npm packs them: `npm run pack -- [folder]`. Prints their files.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackage as buildContract } from '../packages/contract/build.mjs';
import { buildPackage as buildSandbox } from '../packages/sandbox/build.mjs';
import { buildPackage as buildSdk } from '../packages/sdk/build.mjs';
import { buildPackage as buildServer } from '../packages/server/build.mjs';
import { publishedManifest, writePackageFiles } from './published-package.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function buildCli(outDir) {
  const from = join(root, 'packages/cli');
  await import('../packages/cli/build.mjs');
  for (const folder of ['bin', 'dist']) cpSync(join(from, folder), join(outDir, folder), { recursive: true });
  const source = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const { bin, files } = source;
  writePackageFiles(outDir, from, publishedManifest(source, { bin, files, engines: { node: '>=20' } }));
}

const BUILDS = { contract: buildContract, sdk: buildSdk, cli: buildCli, server: buildServer, sandbox: buildSandbox };

const target = resolve(process.argv[2] ?? join(root, 'dist'));
mkdirSync(target, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'openkupe-pack-'));
try {
  for (const [name, buildPackage] of Object.entries(BUILDS)) {
    const folder = join(work, name);
    await buildPackage(folder);
    const { status, stdout, stderr } = spawnSync('npm', ['pack', '--json', '--pack-destination', target], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`npm pack failed for ${name}: ${stderr}`);
    const packed = Object.values(JSON.parse(stdout))[0];
    console.log(join(target, packed.filename));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
