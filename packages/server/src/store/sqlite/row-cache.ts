import type { Kind } from '../resource.ts';
import type { KindVersions } from './kind-versions.ts';

/** What was read of a kind while its version was this one. */
interface CachedKind {
  version: number;
  readonly values: Map<string, unknown>;
  rows: number;
}

/** Rows that are kept of each kind at most; when there are more, all of the kind go. A decoded cluster takes about 3 kB. */
const MOST_ROWS = 5_000;

/** Keeps decoded rows in memory until a commit touches their kind. */
export interface RowCache {
  /**
   * What `read` returned last for this kind and `name`, unless its kind was written since; else reads, and keeps what is there. `rowsIn` counts
   * the rows of a value.
   */
  through<Value>(kind: Kind, name: string, read: () => Value, rowsIn?: (value: Value) => number): Value;
  /** Forgets everything, for what another process may have written. */
  clear(): void;
}

/** The cache of one connection, which must not read within a transaction that outlasts the call. */
export function createRowCache(versions: Pick<KindVersions, 'now'>): RowCache {
  const kinds = new Map<Kind, CachedKind>();

  function cachedOf(kind: Kind, version: number): CachedKind {
    const cached = kinds.get(kind);
    if (cached?.version === version) return cached;
    const empty = { version, values: new Map(), rows: 0 };
    kinds.set(kind, empty);
    return empty;
  }

  return {
    through<Value>(kind: Kind, name: string, read: () => Value, rowsIn?: (value: Value) => number): Value {
      const version = versions.now(kind);
      if (version === undefined) return read();
      const cached = cachedOf(kind, version);
      const known = cached.values.get(name) as Value | undefined;
      if (known !== undefined) return known;
      const value = read();
      const rows = rowsIn?.(value) ?? 1;
      // NOTE: a commit that began meanwhile may be in it or not.
      if (value === undefined || rows > MOST_ROWS || versions.now(kind) !== version) return value;
      if (cached.rows + rows > MOST_ROWS) {
        cached.values.clear();
        cached.rows = 0;
      }
      cached.values.set(name, value);
      cached.rows += rows;
      return value;
    },
    clear: () => kinds.clear(),
  };
}
