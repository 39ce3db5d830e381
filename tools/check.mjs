// Everything that can be said about the code without running it. Stops at nothing: all findings at once.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();

const module = (path) => join(root, 'node_modules', path);
const CHECKS = [
  ['format and lint', module('@biomejs/biome/bin/biome'), ['check', '--error-on-warnings', '.']],
  ['types', module('typescript/bin/tsc'), ['-p', '.']],
  [
    'architecture',
    module('dependency-cruiser/bin/dependency-cruiser.mjs'),
    ['--config', '.dependency-cruiser.mjs', 'packages', 'conformance', 'simulation'],
  ],
  ['dead code', module('knip/bin/knip.js'), []],
  ['ambient time and chance', join(root, 'tools/check-ambient.mjs'), []],
  ['files of the database', join(root, 'tools/check-database-files.mjs'), []],
  ['reads from elsewhere', join(root, 'tools/check-outgoing.mjs'), []],
  ['tests with a tenant of their own', join(root, 'tools/check-test-isolation.mjs'), []],
  ['docstrings of exports', join(root, 'tools/check-docstrings.mjs'), []],
  ['terms of the field', join(root, 'tools/check-words.mjs'), []],
  ['documentation', join(root, 'tools/check-docs.mjs'), []],
  ['linear regular expressions', join(root, 'tools/super-linear-expressions.mjs'), []],
];

let failed = 0;
for (const [name, script, args] of CHECKS) {
  const { status } = spawnSync(nodeBinary(), [script, ...args], { cwd: root, stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  if (status !== 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;
