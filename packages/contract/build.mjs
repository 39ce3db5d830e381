/** Makes the package that is published: the modules as JavaScript with their types, of which each can be imported by its path. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { publishedManifest, writePackageFiles } from '../../tools/published-package.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

function compile(outDir) {
  const { config } = ts.readConfigFile(join(HERE, '../../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, HERE);
  const isPublished = (path) => !/(\.test\.ts$|\/testing\/)/.test(path);
  const roots = ts.sys.readDirectory(join(HERE, 'src'), ['.ts']).filter(isPublished);
  const emitted = { noEmit: false, declaration: true, rewriteRelativeImportExtensions: true, outDir, rootDir: HERE };
  const program = ts.createProgram(roots, { ...options, ...emitted });
  program.emit(undefined, (path, text) => {
    const isTypes = path.endsWith('.d.ts');
    ts.sys.writeFile(path, isTypes ? text.replaceAll(/(['"])(\.[^'"]+)\.ts\1/g, "'$2.js'") : text);
  });
}

/** Builds into `outDir`. */
export function buildPackage(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  compile(outDir);
  const source = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const at = (path) => ({ types: `./src/${path}.d.ts`, default: `./src/${path}.js` });
  const manifest = publishedManifest(source, { sideEffects: false, engines: { node: '>=20.19' } });
  writePackageFiles(outDir, HERE, { ...manifest, exports: { '.': at('index'), './*': at('*') }, files: ['src'] });
}
