import { existsSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Creates `folder` and its parents with mode 0700 where they do not exist. NOTE: not mkdir's own recursion, which in Node 24 never returns
 * where the parent exists and still answers ENOENT, e.g. under /proc.
 */
export function createFolder(folder: string): void {
  if (existsSync(folder)) return;
  createFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** The path of `folder` without symbolic links, whether it exists or not. */
export function canonicalPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const parent = dirname(resolve(folder));
    return parent === resolve(folder) ? parent : join(canonicalPath(parent), basename(folder));
  }
}

/** Tells apart what the paths of this process refer to from those of a container (mount_namespaces(7)); empty where there are none. */
export function mountNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/mnt');
  } catch {
    return '';
  }
}
