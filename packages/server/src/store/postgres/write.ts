import type { Kind } from '../resource.ts';
import { encodeHalf } from '../resource-row.ts';
import type { Write, WriteOf } from '../store.ts';
import { type GroupRows, keyText } from './group-rows.ts';
import { holds } from './work.ts';

function create<K extends Kind>(
  { resources }: GroupRows,
  write: Extract<WriteOf<K>, { verb: 'create' }>,
  version: number,
  created_at: number,
): 'exists' | undefined {
  const { kind, tenant, name } = write.key;
  const text = keyText(write.key);
  const isOtherTenants = () => [...resources.values()].some((row) => row.kind === 'api-key' && row.name === name);
  if (resources.get(text) || (kind === 'api-key' && isOtherTenants())) return 'exists';
  const halves = { spec: encodeHalf<K>(write.spec), observed: encodeHalf<K>(write.observed), isRelabelled: true };
  const { uid } = write;
  resources.put(text, { kind, tenant, name, uid, version, observation: 0, generation: 1, created_at, deleted_at: null, ...halves });
  return undefined;
}

/** Applies one write to the rows in memory, or returns why it is refused; then nothing was changed. */
export function applyWrite(rows: GroupRows, write: Write, revision: number, at: number): 'stale' | 'exists' | 'missing' | undefined {
  if (write.verb === 'create') return create(rows, write, revision, at);
  const text = keyText(write.key);
  const found = rows.resources.get(text);
  if (!found) return 'missing';
  if ('expectedVersion' in write && String(found.version) !== write.expectedVersion) return 'stale';
  if ('uid' in write && found.uid !== write.uid) return 'stale';
  if ('fence' in write && write.fence && !holds(rows, write.fence)) return 'stale';
  switch (write.verb) {
    case 'update-if': {
      const generation = found.generation + 1;
      const isRelabelled = found.isRelabelled || !write.keepsLabels;
      rows.resources.put(text, { ...found, version: revision, generation, spec: encodeHalf(write.spec), isRelabelled });
      return undefined;
    }
    case 'observe-if':
      if (found.observation !== write.expectedObservation) return 'stale';
      rows.resources.put(text, { ...found, observation: found.observation + 1, observed: encodeHalf(write.observed) });
      return undefined;
    case 'mark-deleted-if':
      rows.resources.put(text, { ...found, version: revision, deleted_at: at });
      return undefined;
    case 'delete-if':
      rows.resources.put(text, undefined);
      return undefined;
  }
}
