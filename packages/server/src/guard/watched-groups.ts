import type { AddressGroup } from './address-group.ts';

/** Groups that other nodes may be spending on as well, to be asked about again while they recover. */
export interface WatchedGroups {
  /** Forgets the group once it has recovered. */
  watch(key: string, group: AddressGroup, aheadMs: number, nowMs: number): void;
  drop(key: string): void;
  /** Removes those whose time has come and returns them. */
  takeDue(most: number, nowMs: number): (readonly [key: string, group: AddressGroup])[];
}

/** Looks while a bucket fills, so that what a node knows is never older than this part of it. */
const LOOKS_WHILE_RECOVERING = 20;

export function createWatchedGroups(options: { readonly most: number; readonly everyMs: number }): WatchedGroups {
  const watched = new Map<string, { readonly group: AddressGroup; readonly dueMs: number }>();
  return {
    watch(key, group, aheadMs, nowMs) {
      if (aheadMs <= 0) return;
      const dueMs = nowMs + Math.max(options.everyMs, aheadMs / LOOKS_WHILE_RECOVERING);
      if (watched.has(key) || watched.size < options.most) watched.set(key, { group, dueMs });
    },
    drop: (key) => void watched.delete(key),
    takeDue(most, nowMs) {
      const due: [string, AddressGroup][] = [];
      for (const [key, { group, dueMs }] of watched) {
        if (due.length >= most) break;
        if (dueMs <= nowMs) due.push([key, group]);
      }
      for (const [key] of due) watched.delete(key);
      return due;
    },
  };
}
