import type { Kind } from '../resource.ts';

const KINDS: readonly Kind[] = ['tenant', 'cluster', 'secret', 'alertmanager', 'api-key', 'setting', 'invoice'];

/**
 * Counts the commits that touch each kind of resource, in memory that the thread that writes and the one that reads share. The number is odd
 * while such a commit is under way: whether a reader sees it is not known until then.
 */
export interface KindVersions {
  readonly memory: SharedArrayBuffer;
  /** The number of a kind, `undefined` while a commit is under way. What was read under a number holds as long as that is the number. */
  now(kind: Kind): number | undefined;
  /** To be called before a commit of writes of these kinds, and again once it has ended, however it did. */
  move(kinds: ReadonlySet<Kind>): void;
}

/** Starts to count, or goes on in the memory of another thread. */
export function createKindVersions(memory = new SharedArrayBuffer(KINDS.length * Int32Array.BYTES_PER_ELEMENT)): KindVersions {
  const counts = new Int32Array(memory);
  const placeOf = Object.fromEntries(KINDS.map((kind, place) => [kind, place])) as Record<Kind, number>;
  return {
    memory,
    now(kind) {
      const count = Atomics.load(counts, placeOf[kind]);
      return count % 2 === 0 ? count : undefined;
    },
    move(kinds) {
      for (const kind of kinds) Atomics.add(counts, placeOf[kind], 1);
    },
  };
}
