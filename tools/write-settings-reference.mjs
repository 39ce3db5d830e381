// Writes docs/reference/settings.md, the page that `openkupe-server config reference` prints.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { nodeBinary } from './node-binary.mjs';

ensureInstalled();
const main = join(root, 'packages/server/src/start/main.mjs');
const { status, stdout } = spawnSync(nodeBinary(), [main, 'config', 'reference'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
if (status === 0) writeFileSync(join(root, 'docs/reference/settings.md'), stdout);
process.exitCode = status ?? 1;
