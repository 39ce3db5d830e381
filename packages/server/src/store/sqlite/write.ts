import type { DatabaseSync } from 'node:sqlite';
import type { ClusterSpec, Kind, Kinds, ResourceKey } from '../resource.ts';
import { encodeHalf, keyColumns, type ResourceRow } from '../resource-row.ts';
import type { Write, WriteOf } from '../store.ts';
import type { Work } from './work.ts';

/** Applies one write, or returns why it was refused; then nothing was written. */
export type ApplyWrite = (write: Write, revision: number, at: number) => 'stale' | 'exists' | 'missing' | undefined;

function prepareStatements(database: DatabaseSync) {
  const where = 'WHERE kind = ? AND tenant = ? AND name = ?';
  return {
    load: database.prepare(`SELECT uid, version, observation FROM resource ${where}`),
    hasApiKey: database.prepare(`SELECT 1 FROM resource WHERE kind = 'api-key' AND name = ?`),
    create: database.prepare('INSERT INTO resource VALUES (?, ?, ?, ?, ?, 0, 1, ?, NULL, ?, ?)'),
    update: database.prepare(`UPDATE resource SET version = ?, generation = generation + 1, spec = ? ${where}`),
    observe: database.prepare(`UPDATE resource SET observation = observation + 1, observed = ? ${where}`),
    markDeleted: database.prepare(`UPDATE resource SET version = ?, deleted_at = ? ${where}`),
    remove: database.prepare(`DELETE FROM resource ${where}`),
    removeLabels: database.prepare('DELETE FROM label WHERE tenant = ? AND name = ?'),
    addLabel: database.prepare('INSERT INTO label VALUES (?, ?, ?, ?)'),
  };
}

/** Prepares the five verbs. Each looks first and writes only what it may; all run inside the caller's transaction. */
export function prepareWrites(database: DatabaseSync, work: Pick<Work, 'holds'>): ApplyWrite {
  const statements = prepareStatements(database);
  const load = (key: ResourceKey) =>
    statements.load.get(...keyColumns(key)) as Pick<ResourceRow, 'uid' | 'version' | 'observation'> | undefined;

  /** Keeps the labels of a cluster where they are looked up; none without a spec. A cluster that was removed by hand has left its own there. */
  function keepLabels({ kind, tenant, name }: ResourceKey, spec?: Kinds[Kind]['spec']): void {
    if (kind !== 'cluster') return;
    statements.removeLabels.run(tenant, name);
    const { labels = {} } = (spec ?? {}) as Partial<ClusterSpec>;
    for (const [key, value] of Object.entries(labels)) statements.addLabel.run(tenant, name, key, value);
  }

  function create<K extends Kind>(write: Extract<WriteOf<K>, { verb: 'create' }>, revision: number, at: number): 'exists' | undefined {
    const { key } = write;
    const isTaken = load(key) !== undefined || (key.kind === 'api-key' && statements.hasApiKey.get(key.name) !== undefined);
    if (isTaken) return 'exists';
    const halves = [encodeHalf<K>(write.spec), encodeHalf<K>(write.observed)] as const;
    statements.create.run(...keyColumns(key), write.uid, revision, at, ...halves);
    keepLabels(key, write.spec);
    return undefined;
  }

  return (write, revision, at) => {
    if (write.verb === 'create') return create(write, revision, at);
    const columns = keyColumns(write.key);
    const found = load(write.key);
    if (!found) return 'missing';
    if ('expectedVersion' in write && String(found.version) !== write.expectedVersion) return 'stale';
    if ('uid' in write && found.uid !== write.uid) return 'stale';
    if ('fence' in write && write.fence && !work.holds(write.fence)) return 'stale';
    switch (write.verb) {
      case 'update-if':
        statements.update.run(revision, encodeHalf(write.spec), ...columns);
        if (!write.keepsLabels) keepLabels(write.key, write.spec);
        return undefined;
      case 'observe-if':
        if (found.observation !== write.expectedObservation) return 'stale';
        statements.observe.run(encodeHalf(write.observed), ...columns);
        return undefined;
      case 'mark-deleted-if':
        statements.markDeleted.run(revision, at, ...columns);
        return undefined;
      case 'delete-if':
        statements.remove.run(...columns);
        keepLabels(write.key);
        return undefined;
    }
  };
}
