/** Makes the package that is published: the sources as JavaScript, file by file, with their types; the server and the contract are dependencies. */
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { publishedManifest, writePackageFiles } from '../../tools/published-package.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const isPublished = (path) => !/(\.test\.ts$|(^|\/)testing\/)/.test(path);

/** One source: TypeScript as JavaScript, whose imports name what it is there; everything else as it is. */
function copySource(path, outDir) {
  const [from, to] = [join(HERE, path), join(outDir, path)];
  mkdirSync(dirname(to), { recursive: true });
  if (!/\.(ts|mjs)$/.test(path)) return copyFileSync(from, to);
  const source = readFileSync(from, 'utf8');
  const { code } = path.endsWith('.ts') ? transformSync(source, { loader: 'ts', format: 'esm', target: 'node24' }) : { code: source };
  const linked = code
    .replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, "'$2.js'")
    // The place of what Node compiled: node_modules/.cache, of the checkout or of where the package is installed.
    .replace('../../../../node_modules/.cache/', '../../../../.cache/');
  writeFileSync(to.replace(/\.ts$/, '.js'), linked);
}

/** The types of the entry and of what it is made of. */
function writeTypes(outDir) {
  const { config } = ts.readConfigFile(join(HERE, '../../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, HERE);
  const emitted = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, outDir, rootDir: HERE };
  const host = ts.createCompilerHost(emitted);
  // NOTE: the server has no types, and none of its are in those of the entry; without its sources this takes a fraction of the time.
  host.fileExists = (path) => !/\/(packages|@openkupe)\/server\//.test(path) && ts.sys.fileExists(path);
  ts.createProgram([join(HERE, 'src/index.ts')], emitted, host).emit(undefined, (path, text) => {
    if (!text.includes('@openkupe/server')) ts.sys.writeFile(path, text.replaceAll(/(['"])(\.[^'"]+)\.ts\1/g, "'$2.js'"));
  });
}

/** Builds into `outDir`. */
export function buildPackage(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  for (const path of globSync('src/**/*.*', { cwd: HERE }).filter(isPublished)) copySource(path, outDir);
  copyFileSync(join(HERE, 'scenario.schema.json'), join(outDir, 'scenario.schema.json'));
  writeTypes(outDir);
  const source = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const { engines } = source;
  const exports = { '.': { types: './src/index.d.ts', default: './src/index.js' }, './main': './src/command/main.mjs' };
  writePackageFiles(outDir, HERE, publishedManifest(source, { engines, exports, files: ['src', 'scenario.schema.json'] }));
}
