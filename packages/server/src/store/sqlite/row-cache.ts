import type { Kind, ResourceKey } from '../resource.ts';

/** Counters that all rows share, each by its hash: rows that meet in one are forgotten together. A power of two. */
const COUNTERS = 16_384;

/** Names what is read: the rows of a kind of one tenant, or the row of that name. */
export interface ReadKey {
  readonly kind: Kind;
  readonly tenant: string;
  readonly name?: string;
}

const nameOf = ({ kind, tenant, name = '' }: ReadKey) => `${kind} ${tenant}/${name}`;

/** FNV-1a of the UTF-16 code units. */
function counterOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) & (COUNTERS - 1);
}

/**
 * Counts the commits that touch each row, and the rows of each tenant, in memory that the thread that writes and the one that reads share. A
 * number is odd while such a commit is under way: whether a reader sees it is not known until then.
 */
export interface RowVersions {
  readonly memory: SharedArrayBuffer;
  /** The number of a counter, `undefined` while a commit is under way. What was read under a number holds as long as that is the number. */
  now(counter: number): number | undefined;
  /** Counts a commit that writes these rows. Returns what is to be called once it has ended, however it did. */
  begin(keys: Iterable<ResourceKey>): () => void;
}

/** Starts to count, or goes on in the memory of another thread. */
export function createRowVersions(memory = new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT)): RowVersions {
  const counts = new Int32Array(memory);
  return {
    memory,
    now(counter) {
      const count = Atomics.load(counts, counter);
      return count % 2 === 0 ? count : undefined;
    },
    begin(keys) {
      const counters = new Set<number>();
      for (const { kind, tenant, name } of keys) {
        counters.add(counterOf(nameOf({ kind, tenant, name })));
        counters.add(counterOf(nameOf({ kind, tenant })));
      }
      const move = () => {
        for (const counter of counters) Atomics.add(counts, counter, 1);
      };
      move();
      return move;
    },
  };
}

interface Cached {
  readonly value: unknown;
  readonly counter: number;
  readonly version: number;
  readonly rows: number;
}

/** Rows that are kept at most; when there are more, all go. A decoded cluster takes about 3 kB. */
const MOST_ROWS = 5_000;

/** Keeps decoded rows in memory until a commit touches them. */
export interface RowCache {
  /**
   * What `read` returned last for this key, unless a row of it was written since; else reads, and keeps what is there. `rowsIn` counts the
   * rows of a value.
   */
  through<Value>(key: ReadKey, read: () => Value, rowsIn?: (value: Value) => number): Value;
  /** Forgets everything, for what another process may have written. */
  clear(): void;
}

/** The cache of one connection, which must not read within a transaction that outlasts the call. */
export function createRowCache(versions: Pick<RowVersions, 'now'>): RowCache {
  const kept = new Map<string, Cached>();
  let keptRows = 0;

  function keep(name: string, cached: Cached): void {
    keptRows += cached.rows - (kept.get(name)?.rows ?? 0);
    if (keptRows > MOST_ROWS) {
      kept.clear();
      keptRows = cached.rows;
    }
    kept.set(name, cached);
  }

  return {
    through<Value>(key: ReadKey, read: () => Value, rowsIn?: (value: Value) => number): Value {
      const name = nameOf(key);
      const known = kept.get(name);
      if (known && versions.now(known.counter) === known.version) return known.value as Value;
      const counter = counterOf(name);
      const version = versions.now(counter);
      const value = read();
      const rows = rowsIn?.(value) ?? 1;
      // NOTE: a commit that began meanwhile may be in it or not.
      if (version === undefined || value === undefined || rows > MOST_ROWS || versions.now(counter) !== version) return value;
      keep(name, { value, counter, version, rows });
      return value;
    },
    clear() {
      kept.clear();
      keptRows = 0;
    },
  };
}
