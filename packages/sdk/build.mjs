/**
 * Makes the package that is published: `node build.mjs [folder]` writes dist/ with its own package.json, the contract inlined, and no
 * dependency. One file for Node, one for everything else, one set of types.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = dirname(HERE);
const ENTRY = join(HERE, 'src/index.ts');

const bundle = (platform, outfile, conditions) =>
  build({ entryPoints: [ENTRY], bundle: true, format: 'esm', target: 'es2022', platform, conditions, outfile, legalComments: 'none' });

const CONTRACT = '@openkupe/contract/';

/** What the SDK imports from the contract: module → names. */
function importedFromContract(program) {
  const imported = new Map();
  for (const source of program.getSourceFiles()) {
    if (!source.fileName.startsWith(join(HERE, 'src'))) continue;
    for (const statement of source.statements) {
      const module = statement.moduleSpecifier?.text ?? '';
      if (!module.startsWith(CONTRACT)) continue;
      const elements = statement.importClause?.namedBindings?.elements ?? statement.exportClause?.elements ?? [];
      const file = `contract/src/${module.slice(CONTRACT.length)}.ts`;
      const names = imported.get(file) ?? new Set();
      for (const { propertyName, name } of elements) names.add((propertyName ?? name).text);
      imported.set(file, names);
    }
  }
  return imported;
}

/** A contract module as types alone: its aliases written out, so that no schema library is needed to read them. */
function writtenOut(checker, source, names) {
  const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias | ts.TypeFormatFlags.MultilineObjectLiterals;
  const aliases = source.statements.filter((statement) => ts.isTypeAliasDeclaration(statement) && names.has(statement.name.text));
  return aliases
    .map(({ name }) => `export type ${name.text} = ${checker.typeToString(checker.getTypeAtLocation(name), undefined, flags)};\n`)
    .join('');
}

function declarations(outDir) {
  const { config } = ts.readConfigFile(join(PACKAGES, '../tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, HERE);
  // NOTE: without the mapping the contract counts as a library, and libraries get no declarations.
  const paths = { '@openkupe/contract/*': [join(PACKAGES, 'contract/src/*.ts')] };
  const program = ts.createProgram([ENTRY], {
    ...options,
    paths,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir,
    rootDir: PACKAGES,
  });
  const checker = program.getTypeChecker();
  const imported = importedFromContract(program);
  const write = (fileName, text, _mark, _error, sources) => {
    const from = relative(PACKAGES, sources?.[0]?.fileName ?? '');
    if (!from.startsWith('sdk/src/') && !imported.has(from)) return;
    // NOTE: what is made of Node's types is inside of its transport, and needs types that a dependent may not have.
    if (/from ["']node:/.test(text)) return;
    const isPlain = !/typebox|import /.test(text);
    const types = from.startsWith('contract/') && !isPlain ? writtenOut(checker, sources[0], imported.get(from)) : text;
    const upwards = relative(dirname(from), 'contract/src');
    const linked = types
      .replaceAll(/(['"])@openkupe\/contract\/([\w/-]+)\1/g, `'${upwards}/$2.js'`)
      .replaceAll(/(['"])(\.[^'"]+)\.ts\1/g, "'$2.js'");
    mkdirSync(dirname(fileName), { recursive: true });
    writeFileSync(fileName, linked);
  };
  program.emit(undefined, write, undefined, true);
}

function manifest() {
  const { name, version, description, license } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
  const types = './types/sdk/src/index.d.ts';
  const web = { types, default: './web.js' };
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20' },
    exports: { '.': { bun: web, deno: web, workerd: web, browser: web, node: { types, default: './node.js' }, default: web } },
    types,
    files: ['node.js', 'web.js', 'types'],
  };
}

/** Builds into `outDir`; returns it. */
export async function buildPackage(outDir) {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  await bundle('node', join(outDir, 'node.js'), ['node']);
  await bundle('browser', join(outDir, 'web.js'), ['browser']);
  declarations(join(outDir, 'types'));
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
  cpSync(join(HERE, 'README.md'), join(outDir, 'README.md'));
  cpSync(join(PACKAGES, '../LICENSE'), join(outDir, 'LICENSE'));
  return outDir;
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const outDir = resolve(process.argv[2] ?? join(HERE, 'dist'));
  await buildPackage(outDir);
  console.log(`Built ${outDir}`);
}
