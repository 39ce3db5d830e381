/**
 * Makes the package that is published: the sources as JavaScript, file by file, because Node strips no types below node_modules. What is
 * shared with the command line alone (packages/files) is part of it; the contract is a dependency.
 */
import { chmodSync, copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { publishedManifest, writePackageFiles } from '../../tools/published-package.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const FILES = join(HERE, '../files/src');
const isPublished = (path) => !/(\.test\.ts$|(^|\/)testing\/|-conformance\.ts$|\.golden\.)/.test(path);

/** One source: TypeScript as JavaScript, whose imports name what it is there; everything else as it is. */
function copySource(from, to, toFiles) {
  mkdirSync(dirname(to), { recursive: true });
  if (!/\.(ts|mjs)$/.test(from)) return copyFileSync(from, to);
  const source = readFileSync(from, 'utf8');
  const { code } = from.endsWith('.ts') ? transformSync(source, { loader: 'ts', format: 'esm', target: 'node24' }) : { code: source };
  const linked = code
    .replaceAll(/(['"])@openkupe\/files\/([\w-]+)\1/g, `'${toFiles}/$2.js'`)
    .replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, "'$2.js'")
    // The explorer is one file, of a package that would bring a hundred others.
    .replace(/import\.meta\.resolve\(["']openapi-explorer\/[^"']+["']\)/, "new URL('openapi-explorer.min.js', import.meta.url)")
    // The place of what Node compiled: node_modules/.cache, of the checkout or of where the package is installed.
    .replace('../../../../node_modules/.cache/', '../../../../.cache/');
  writeFileSync(to.replace(/\.ts$/, '.js'), linked);
}

function copyTree(from, to, files) {
  for (const path of globSync('**/*.*', { cwd: from }).filter(isPublished)) {
    const target = join(to, path);
    copySource(join(from, path), target, relative(dirname(target), files));
  }
}

/** Builds into `outDir`. */
export function buildPackage(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  const files = join(outDir, 'files');
  copyTree(join(HERE, 'src'), join(outDir, 'src'), files);
  copyTree(FILES, files, files);
  const bin = join(outDir, 'bin/openkupe-server.cjs');
  mkdirSync(dirname(bin), { recursive: true });
  copyFileSync(join(HERE, 'bin/openkupe-server.cjs'), bin);
  chmodSync(bin, 0o755);
  const source = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const explorer = fileURLToPath(import.meta.resolve('openapi-explorer/dist/browser/openapi-explorer.min.js'));
  copyFileSync(explorer, join(outDir, 'src/explorer/openapi-explorer.min.js'));
  copyFileSync(join(dirname(explorer), '../../LICENSE'), join(outDir, 'src/explorer/openapi-explorer.LICENSE'));
  const { '@openkupe/files': _inside, 'openapi-explorer': _copied, ...dependencies } = source.dependencies;
  const { engines, bin: programs } = source;
  const exports = Object.fromEntries(Object.entries(source.exports).map(([name, path]) => [name, path.replace(/\.ts$/, '.js')]));
  writePackageFiles(
    outDir,
    HERE,
    publishedManifest(source, { bin: programs, exports, engines, dependencies, files: ['bin', 'files', 'src'] }),
  );
}
