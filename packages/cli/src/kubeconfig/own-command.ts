import { accessSync, constants, realpathSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import type { Environment, Io } from '../io.ts';

/** The command by which another program starts this one, from any folder. */
export interface OwnCommand {
  readonly command: string;
  /** What stands before the arguments. */
  readonly args: readonly string[];
}

const NAME = 'openkupe';

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isSame(path: string, installedAt: string): boolean {
  try {
    return realpathSync(path) === realpathSync(installedAt);
  } catch {
    return false;
  }
}

/** Folders that npm and npx put in front of the PATH of what they run; they are in no other PATH. */
function isOfNpm(folder: string): boolean {
  return basename(folder) === '.bin' || basename(folder) === 'node-gyp-bin';
}

/**
 * `openkupe` where that name on the PATH leads to this program; otherwise the Node that runs it and the file that it was started from, so
 * that it works for npx, a checkout or an unusual folder, too.
 */
export function ownCommand({ installedAt, node }: Pick<Io, 'installedAt' | 'node'>, env: Environment): OwnCommand {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && !isOfNpm(folder));
  const found = folders.map((folder) => join(folder, NAME)).find(isRunnable);
  if (found !== undefined && isSame(found, installedAt)) return { command: NAME, args: [] };
  return { command: node.path, args: [installedAt] };
}
