// Bundles the CLI into one minified CommonJS file for Node 20: the shape that starts fastest (docs/reference/cli-startup.md).
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, 'dist', 'openkupe.cjs');

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
});

mkdirSync(dirname(target), { recursive: true });
// Written beside and renamed, so that a CLI that starts meanwhile finds the old file or the new one, never half of it.
const draft = `${target}.${process.pid}`;
try {
  writeFileSync(draft, result.outputFiles[0].contents);
  renameSync(draft, target);
} finally {
  rmSync(draft, { force: true });
}
