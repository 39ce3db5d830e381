// Bundles the CLI into one minified CommonJS file for Node 20: the shape that starts fastest.
// Minima of 40 interleaved rounds on 2 busy cores, in ms (and against an empty script), by `npm run measure --workspace openkupe 40`:
//
//                          Node 24      Node 20
//   empty script           28           75
//   --version              49 (1.75)    100 (1.33)
//   --help                 54 (1.93)     99 (1.32)
//   cluster list           80 (2.84)    134 (1.77)
//   --version, checkout    56 (1.99)    103 (1.37)   with the check for newer sources
//
// What it took: no global fetch, YAML and client loaded when used, no Intl.Segmenter for plain text (35 ms under load), the verbs of
// a noun built only when it is typed. V8's compile cache gained 3 ms of 60 and is not worth a cache folder in every home folder.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, 'dist', 'openkupe.cjs');

// Commander asks for node:child_process, which takes long to load, for a feature that is not used here: it gets it on first use.
const lazyChildProcess = {
  name: 'lazy-child-process',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'child_process', namespace: 'lazy' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, () => ({
      contents: `module.exports = { get spawn() { return require('node:child_process').spawn; } };`,
    }));
  },
};

const result = await build({
  absWorkingDir: here,
  entryPoints: ['src/main.ts'],
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // `yaml` is chosen as CommonJS like that because it is only ever loaded on demand.
  conditions: ['node'],
  write: false,
  outfile: target,
  legalComments: 'none',
  logLevel: 'error',
  plugins: [lazyChildProcess],
});

mkdirSync(dirname(target), { recursive: true });
// Written beside and renamed, so that a CLI that starts meanwhile finds the old file or the new one, never half of it. `replaceFile` of
// packages/files would do more and less: it makes files that only their owner can read, waits for the disk, and is TypeScript, which
// the Node 20 that this has to run on cannot import.
const draft = `${target}.${process.pid}`;
try {
  writeFileSync(draft, result.outputFiles[0].contents);
  renameSync(draft, target);
} finally {
  rmSync(draft, { force: true });
}
