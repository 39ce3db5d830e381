/** Makes the package that is published: the sources as JavaScript, file by file, with their types; the server and the contract are dependencies. */
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { publishedManifest, writePackageFiles } from '../../tools/published-package.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const isPublished = (path) => !/(\.test\.ts$|\/testing\/)/.test(path);

function compile(outDir) {
  const { config } = ts.readConfigFile(join(HERE, '../../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, HERE);
  const roots = ts.sys.readDirectory(join(HERE, 'src'), ['.ts']).filter(isPublished);
  const emitted = { noEmit: false, declaration: true, rewriteRelativeImportExtensions: true, outDir, rootDir: HERE };
  ts.createProgram(roots, { ...options, ...emitted }).emit(undefined, (path, text) => {
    // NOTE: the server has no types, and none of its are in those of this package's entry.
    if (path.endsWith('.d.ts') && text.includes('@openkupe/server')) return;
    ts.sys.writeFile(path, path.endsWith('.d.ts') ? text.replaceAll(/(['"])(\.[^'"]+)\.ts\1/g, "'$2.js'") : text);
  });
}

function copyRest(outDir) {
  for (const path of globSync('src/**/*.{yaml,mjs}', { cwd: HERE })) {
    mkdirSync(dirname(join(outDir, path)), { recursive: true });
    copyFileSync(join(HERE, path), join(outDir, path));
  }
  copyFileSync(join(HERE, 'scenario.schema.json'), join(outDir, 'scenario.schema.json'));
}

/** Builds into `outDir`. */
export function buildPackage(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  compile(outDir);
  copyRest(outDir);
  const source = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const { engines } = source;
  const exports = { '.': { types: './src/index.d.ts', default: './src/index.js' }, './main': './src/command/main.mjs' };
  writePackageFiles(outDir, HERE, publishedManifest(source, { engines, exports, files: ['src', 'scenario.schema.json'] }));
}
