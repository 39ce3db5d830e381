import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from '../io.ts';

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The kubeconfig that is edited: the first of $KUBECONFIG that can be written, else the first of it, else ~/.kube/config. */
export function kubeconfigPath(env: Environment, homeFolder: string): string {
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return listed.find(isWritable) ?? listed[0] ?? join(homeFolder, '.kube', 'config');
}
