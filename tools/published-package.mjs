// What the packages that are published have in common.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The manifest of a published package, of that in the checkout: without what only the checkout needs. */
export function publishedManifest({ name, version, description, license, type, dependencies }, further) {
  // NOTE: npm refuses a statement of provenance without it.
  const url = process.env.REPOSITORY_URL;
  const repository = url && { type: 'git', url: `git+${url}.git` };
  return {
    name,
    version,
    description,
    license,
    type,
    ...(repository && { repository }),
    ...(dependencies && { dependencies }),
    ...further,
  };
}

/** Writes the manifest into `outDir`, and the README and the licence beside it. */
export function writePackageFiles(outDir, packageFolder, manifest) {
  mkdirSync(outDir, { recursive: true });
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(packageFolder, 'README.md'), join(outDir, 'README.md'));
  cpSync(join(root, 'LICENSE'), join(outDir, 'LICENSE'));
}
