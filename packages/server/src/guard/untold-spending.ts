import { type AddressGroup, formatAddressGroup } from './address-group.ts';

/** What a node has to tell of one group: what it admitted since it last told, and on what. */
export interface Untold {
  readonly key: string;
  readonly group: AddressGroup;
  /** In milliseconds of the whole limit's quota. */
  spentMs: number;
  /** The group's arrival time without it, as the store told it or as this node counted it. */
  knownMs: number;
  /** Since when it was spent. */
  sinceMs: number;
  /** An operator gave the group everything back before it was spent. */
  readonly isForgiven: boolean;
}

export interface UntoldSpending {
  readonly size: number;
  /** Notes a request that was charged now. False when there is no room: then this node counts it alone. */
  add(group: AddressGroup, costMs: number, knownMs: number, nowMs: number): boolean;
  /** Replaces what there was to tell of the group by its being forgiven. False when there is no room. */
  forgive(group: AddressGroup): boolean;
  find(key: string): Untold | undefined;
  drop(key: string): void;
  /** Removes the oldest ones and returns them. */
  take(most: number): Untold[];
  /** Forgets what has come back to a node that enforces one part in `share` of the limit. */
  settle(share: number, nowMs: number): void;
}

/** Room that spending leaves for what an operator forgives while the store is away. */
const ROOM_TO_FORGIVE = 1000;

/** Where the spending begins: on what was known, or with the first request if the bucket was full by then. */
export function baseOf({ knownMs, sinceMs }: Untold): number {
  return Math.max(knownMs, sinceMs);
}

/**
 * Takes off what has come back. It comes back at the node's share of the rate, and first to what others had spent before. The shares of
 * all nodes are the limit, so what all of them have left to tell after an absence is what a single one would owe.
 */
export function settle(untold: Untold, share: number, nowMs: number): void {
  const fromMs = baseOf(untold);
  if (nowMs <= fromMs) return;
  untold.spentMs = Math.max(0, untold.spentMs - (nowMs - fromMs) / share);
  untold.sinceMs = nowMs;
}

export function createUntoldSpending(options: { readonly most: number }): UntoldSpending {
  const waiting = new Map<string, Untold>();
  return {
    get size() {
      return waiting.size;
    },
    add(group, costMs, knownMs, nowMs) {
      const key = formatAddressGroup(group);
      const untold = waiting.get(key);
      if (untold) {
        if (untold.spentMs === 0) untold.sinceMs = nowMs;
        untold.spentMs += costMs;
        return true;
      }
      if (waiting.size >= options.most) return false;
      waiting.set(key, { key, group: { ...group }, spentMs: costMs, knownMs, sinceMs: nowMs, isForgiven: false });
      return true;
    },
    forgive(group) {
      const key = formatAddressGroup(group);
      if (!waiting.has(key) && waiting.size >= options.most + ROOM_TO_FORGIVE) return false;
      waiting.set(key, { key, group: { ...group }, spentMs: 0, knownMs: 0, sinceMs: 0, isForgiven: true });
      return true;
    },
    find: (key) => waiting.get(key),
    drop: (key) => void waiting.delete(key),
    take(most) {
      const taken: Untold[] = [];
      for (const untold of waiting.values()) {
        if (taken.length >= most) break;
        taken.push(untold);
      }
      for (const { key } of taken) waiting.delete(key);
      return taken;
    },
    settle(share, nowMs) {
      for (const untold of waiting.values()) {
        settle(untold, share, nowMs);
        if (untold.spentMs === 0 && !untold.isForgiven) waiting.delete(untold.key);
      }
    },
  };
}
