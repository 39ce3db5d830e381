import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DRAFT } from '../store/transfer/folder-to-fill.ts';

/** The paths in the data folder, besides the database and its own files. */
export interface DataFolder {
  /** Pepper and sealing key. */
  readonly secrets: string;
  /** Records of sandbox clusters. */
  readonly sandbox: string;
  /** Clusters that are processes of this machine, with their data. */
  readonly localClusters: string;
  /** Sealed values of secrets. */
  readonly secretValues: string;
}

/** The places in the data folder at `path`, whether they exist or not. */
export function dataFolderAt(path: string): DataFolder {
  return {
    secrets: join(path, 'secrets.json'),
    sandbox: join(path, 'sandbox'),
    localClusters: join(path, 'local-clusters'),
    secretValues: join(path, 'secret-values'),
  };
}

function holdsFiles(folder: string, ending: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(ending));
}

/**
 * The names of files and folders at `path` besides the database; empty before the first start. They are useless without the database they
 * were made with.
 */
export function companionsOfDatabase(path: string): string[] {
  const { secrets, sandbox, localClusters, secretValues } = dataFolderAt(path);
  return [
    ...(existsSync(secrets) ? ['secrets.json'] : []),
    ...(holdsFiles(sandbox, '.json') ? ['sandbox/'] : []),
    ...(holdsFiles(join(localClusters, 'clusters'), '') ? ['local-clusters/'] : []),
    ...(holdsFiles(secretValues, '.sealed') ? ['secret-values/'] : []),
    ...(existsSync(join(path, DRAFT)) ? [`${DRAFT}/`] : []),
  ];
}
