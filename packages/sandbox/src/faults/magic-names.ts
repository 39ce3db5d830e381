import type { Fault } from './fault-table.ts';
import { parseFaults } from './read-fault.ts';

/** What the name of a resource begins with for a fault to come with it. */
const PREFIX = 'fault-';

/** Which requests a name has its fault in: writes are all but reads, changes all but reads and creates. */
type On = 'any' | 'read' | 'write' | 'create' | 'change';

/** Names, what follows of them at most being `-` and anything, and the faults of the first requests that name the resource. */
export const MAGIC_NAMES: readonly { readonly name: string; readonly fault: string; readonly count: number; readonly on: On }[] = [
  { name: 'fault-429', fault: '429; retry-after=1', count: 2, on: 'any' },
  { name: 'fault-500', fault: '500', count: 2, on: 'any' },
  { name: 'fault-503', fault: '503', count: 2, on: 'any' },
  { name: 'fault-reset', fault: 'reset', count: 1, on: 'any' },
  { name: 'fault-lost-answer', fault: 'lost-answer', count: 1, on: 'write' },
  { name: 'fault-half-body', fault: 'half-body', count: 1, on: 'read' },
  { name: 'fault-compressed', fault: 'compressed', count: 1_000_000, on: 'read' },
  { name: 'fault-stale-read', fault: 'stale-read', count: 1, on: 'read' },
  { name: 'fault-duplicate', fault: 'duplicate', count: 1, on: 'write' },
  { name: 'fault-412', fault: 'second-writer', count: 1, on: 'change' },
  { name: 'fault-slow', fault: 'slow-cluster', count: 1, on: 'create' },
  { name: 'fault-degraded', fault: 'cluster; state=degraded', count: 1, on: 'create' },
  { name: 'fault-never-ready', fault: 'cluster; state=never-ready', count: 1, on: 'create' },
  { name: 'fault-never-gone', fault: 'cluster; state=never-gone', count: 1, on: 'create' },
  { name: 'fault-unreachable', fault: 'cluster; state=unreachable', count: 1, on: 'create' },
];

/** Names that are remembered. */
const MOST_NAMES = 10_000;

/** Counts what is left of the faults of names. */
export interface MagicNames {
  /** The faults of a request that names these resources. */
  faultsOf(names: readonly string[], method: string): Fault[];
  forget(): void;
}

function isOn(on: On, method: string): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  if (on === 'any') return true;
  if (on === 'create') return method === 'POST';
  if (on === 'change') return !isRead && method !== 'POST';
  return (on === 'read') === isRead;
}

/** Makes {@link MagicNames} of which nothing is used up. */
export function createMagicNames(): MagicNames {
  const used = new Map<string, number>();
  return {
    faultsOf: (names, method) =>
      names
        .filter((name) => name.startsWith(PREFIX))
        .flatMap((name) => {
          const magic = MAGIC_NAMES.find((one) => name === one.name || name.startsWith(`${one.name}-`));
          const before = used.get(name) ?? 0;
          if (!magic || !isOn(magic.on, method) || before >= magic.count || used.size >= MOST_NAMES) return [];
          used.set(name, before + 1);
          return parseFaults(magic.fault);
        }),
    forget: () => used.clear(),
  };
}
