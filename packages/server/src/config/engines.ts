import { ENGINES, type EngineChoice, type EngineName } from '../engines/engine-by-type.ts';
import type { SettingReader } from './setting-reader.ts';

/** Reads which engine runs the clusters of each type. */
export function readEngines(read: SettingReader): EngineChoice {
  const both = read.oneOf('engine', ENGINES);
  const of = (name: 'engineShared' | 'engineDedicated'): EngineName => (read.text(name) === '' ? both : read.oneOf(name, ENGINES));
  return { shared: of('engineShared'), dedicated: of('engineDedicated') };
}
