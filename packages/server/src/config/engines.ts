import { ENGINES, type EngineChoice, type EngineName } from '../engines/engine-by-type.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS } from './settings.ts';

/** The engine whose clusters are processes of this machine. */
export interface LocalSettings {
  /** The folder of the programs; `undefined` where they are to be built. */
  readonly programs: string | undefined;
  readonly mostClusters: number;
}

/** Reads which engine runs the clusters of each type. One process has the clusters of `local`, so several on a database have none. */
export function readEngines(read: SettingReader): EngineChoice {
  const both = read.oneOf('engine', ENGINES);
  const of = (name: 'engineShared' | 'engineDedicated'): EngineName => (read.text(name) === '' ? both : read.oneOf(name, ENGINES));
  const engines = { shared: of('engineShared'), dedicated: of('engineDedicated') };
  if (Object.values(engines).includes('local') && read.text('databaseUrl') !== '')
    read.problems.push(
      `The engine local needs the store in the data folder: leave ${SETTINGS.databaseUrl.variable} out, or choose another engine`,
    );
  return engines;
}

/** Reads the settings of the engine `local`. */
export function readLocal(read: SettingReader, path: (name: 'kubernetesPrograms') => string | undefined): LocalSettings {
  return { programs: path('kubernetesPrograms'), mostClusters: read.number('localClusters', { least: 1, most: 1_000, isWhole: true }) };
}

/** The settings file of the engine `cluster-api`, which that engine cannot do without; `undefined` where no type has it. */
export function readClusterApiFile(read: SettingReader, engines: EngineChoice, path: (name: 'clusterApiFile') => string | undefined) {
  const file = path('clusterApiFile');
  const isChosen = Object.values(engines).includes('cluster-api');
  const { variable } = SETTINGS.clusterApiFile;
  if (isChosen && file === undefined) read.problems.push(`${variable} has to be given for the engine "cluster-api"`);
  if (!isChosen && file !== undefined) read.problems.push(`${variable} has no effect without the engine "cluster-api"`);
  return file;
}

/** The settings of the engine `vcluster`, which offers no version that is not listed. Without an address for its API servers no user could sign in. */
export function readVcluster(read: SettingReader, engines: EngineChoice) {
  const versions = read.list('vclusterVersions');
  const isChosen = Object.values(engines).includes('vcluster');
  if (isChosen && versions.length === 0)
    read.problems.push(`${SETTINGS.vclusterVersions.variable} has to be given for the engine "vcluster"`);
  if (isChosen && !read.text('tokenReviewUrl').startsWith('https:'))
    read.problems.push(
      `${SETTINGS.tokenReviewUrl.variable}=https://… has to be given for the engine "vcluster": its API servers are in pods, which do not reach 127.0.0.1 here`,
    );
  return { versions, endpoint: read.text('vclusterEndpoint'), storageClass: read.text('vclusterStorageClass') };
}
