import type { EngineChoice } from '../../engines/engine-by-type.ts';
import type { Store } from '../../store/store.ts';
import { updateIf } from '../../store/writes.ts';

/** The key of the one row with the engines that run the clusters of this installation. */
const KEY = { kind: 'engine-choice', tenant: '', name: 'engines' } as const;
/** The engines of an installation without that row: of a new one, and of releases that had no other. */
const WITHOUT_ROW: EngineChoice = { shared: 'sandbox', dedicated: 'sandbox' };
const TYPES = ['shared', 'dedicated'] as const;

/** The settings name another engine than the one that has made the clusters there are. The message is for an operator. */
export class EngineChangedError extends Error {
  override readonly name = 'EngineChangedError';
}

/**
 * Stores which engine runs the clusters of each type. A cluster cannot move to another engine, which would have nothing of it, so the choice
 * of a type changes only while there is no cluster of it. @throws {EngineChangedError}
 */
export async function keepEngineChoice(store: Pick<Store, 'get' | 'listReadable' | 'commit'>, chosen: EngineChoice, nowMs: number) {
  const row = await store.get(KEY);
  const kept = row?.spec ?? WITHOUT_ROW;
  const changed = TYPES.filter((type) => kept[type] !== chosen[type]);
  if (changed.length === 0) return;
  const clusters = await store.listReadable('cluster');
  for (const type of changed) {
    const first = clusters.find(({ spec }) => spec.type === type);
    if (!first) continue;
    throw new EngineChangedError(
      `Clusters of type "${type}" are run by the engine "${kept[type]}" here, "${first.tenant}/${first.name}" for one, and cannot move to ` +
        `"${chosen[type]}": start with OPENKUPE_ENGINE_${type.toUpperCase()}=${kept[type]}, delete them, then change the setting`,
    );
  }
  const spec = { shared: chosen.shared, dedicated: chosen.dedicated };
  await store.commit({ at: nowMs, writes: [row ? updateIf(row, spec) : { verb: 'create', key: KEY, uid: 'engines', spec, observed: {} }] });
}
