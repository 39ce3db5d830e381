import type { DatabaseSync } from 'node:sqlite';
import type { Kind, ResourceKey } from '../resource.ts';
import type { Write, WriteOf } from '../store.ts';
import { encodeHalf, keyColumns, type ResourceRow } from './codec.ts';
import type { Work } from './work.ts';

/** What one write did: the row as it is now (absent once removed), or why it was refused; then nothing was written. */
export type Written = { readonly row: ResourceRow | undefined } | { readonly refused: 'stale' | 'exists' | 'missing' };

export type ApplyWrite = (write: Write, revision: number, at: number) => Written;

const STALE = { refused: 'stale' } as const;

function prepareStatements(database: DatabaseSync) {
  const where = 'WHERE kind = ? AND tenant = ? AND name = ?';
  return {
    load: database.prepare(`SELECT * FROM resource ${where}`),
    hasApiKey: database.prepare(`SELECT 1 FROM resource WHERE kind = 'api-key' AND name = ?`),
    create: database.prepare('INSERT INTO resource VALUES (?, ?, ?, ?, ?, 0, 1, ?, NULL, ?, ?) RETURNING *'),
    update: database.prepare(`UPDATE resource SET version = ?, generation = generation + ?, spec = ? ${where} RETURNING *`),
    observe: database.prepare(`UPDATE resource SET observation = observation + 1, observed = ? ${where} RETURNING *`),
    markDeleted: database.prepare(`UPDATE resource SET version = ?, deleted_at = ? ${where} RETURNING *`),
    remove: database.prepare(`DELETE FROM resource ${where}`),
  };
}

/** Prepares the five verbs. Each looks first and writes only what it may; all run inside the caller's transaction. */
export function prepareWrites(database: DatabaseSync, work: Pick<Work, 'holds'>): ApplyWrite {
  const statements = prepareStatements(database);
  const load = (key: ResourceKey) => statements.load.get(...keyColumns(key)) as ResourceRow | undefined;
  const changed = (row: unknown): Written => ({ row: row as ResourceRow });

  function create<K extends Kind>(write: Extract<WriteOf<K>, { verb: 'create' }>, revision: number, at: number): Written {
    const { key } = write;
    const isTaken = load(key) !== undefined || (key.kind === 'api-key' && statements.hasApiKey.get(key.name) !== undefined);
    if (isTaken) return { refused: 'exists' };
    const halves = [encodeHalf<K>(write.spec), encodeHalf<K>(write.observed)] as const;
    return changed(statements.create.get(...keyColumns(key), write.uid, revision, at, ...halves));
  }

  return (write, revision, at) => {
    if (write.verb === 'create') return create(write, revision, at);
    const columns = keyColumns(write.key);
    const found = load(write.key);
    if (!found) return { refused: 'missing' };
    if ('expectedVersion' in write && String(found.version) !== write.expectedVersion) return STALE;
    if ('uid' in write && found.uid !== write.uid) return STALE;
    if ('fence' in write && write.fence && !work.holds(write.fence)) return STALE;
    switch (write.verb) {
      case 'update-if':
        return changed(statements.update.get(revision, write.keepGeneration ? 0 : 1, encodeHalf(write.spec), ...columns));
      case 'observe-if':
        if (found.observation !== write.expectedObservation) return STALE;
        return changed(statements.observe.get(encodeHalf(write.observed), ...columns));
      case 'mark-deleted-if':
        return changed(statements.markDeleted.get(revision, at, ...columns));
      case 'delete-if':
        statements.remove.run(...columns);
        return { row: undefined };
    }
  };
}
