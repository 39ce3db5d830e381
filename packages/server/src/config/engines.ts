import { ENGINES, type EngineChoice, type EngineName } from '../engines/engine-by-type.ts';
import type { SettingReader } from './setting-reader.ts';
import { SETTINGS } from './settings.ts';

/** Reads which engine runs the clusters of each type. */
export function readEngines(read: SettingReader): EngineChoice {
  const both = read.oneOf('engine', ENGINES);
  const of = (name: 'engineShared' | 'engineDedicated'): EngineName => (read.text(name) === '' ? both : read.oneOf(name, ENGINES));
  return { shared: of('engineShared'), dedicated: of('engineDedicated') };
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
