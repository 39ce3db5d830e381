import type { DueTenant, LeasedWork, LeaseRequest } from '../../packages/server/src/store/store.ts';

/** What operations of the store cost, in milliseconds. */
export interface StoreCosts {
  /** A look at a work item without a change, with its lease and its return. */
  readonly checkMs: number;
  /** A change of a cluster as far as it comes, with its lease and its return. */
  readonly changeMs: number;
  /** Reading the list of tenants with due work, for each item that is due. */
  readonly listMsPerItem: number;
}

/** Work items of many tenants in memory, on a clock that moves by what each operation costs. */
export interface VirtualQueue {
  readonly nowMs: () => number;
  readonly spend: (ms: number) => void;
  readonly leaseWork: (request: LeaseRequest) => Promise<LeasedWork[]>;
  readonly dueTenants: (limit: number) => Promise<DueTenant[]>;
  /** Makes the item due after `afterMs` milliseconds. */
  readonly finish: (item: number, afterMs: number) => void;
  /** Milliseconds until an item is due; 0 when one is. */
  readonly nextInMs: () => number;
}

const LEASED = Number.POSITIVE_INFINITY;

/** Items `0` to the last of `tenantOf`, which is ascending, all due at once. */
export function createVirtualQueue(tenantOf: Int32Array, { listMsPerItem }: StoreCosts): VirtualQueue {
  const readyAt = new Float64Array(tenantOf.length);
  const first: number[] = [];
  for (let item = 0; item < tenantOf.length; item += 1) first[tenantOf[item] as number] ??= item;
  let nowMs = 0;
  /** What was given back, by the delay: each in the order in which it comes due, because the clock only moves on. */
  const orders = new Map<number, { readonly entries: { readonly item: number; readonly at: number }[]; next: number }>();

  function put(item: number, afterMs: number): void {
    const at = nowMs + afterMs;
    readyAt[item] = at;
    const order = orders.get(afterMs) ?? { entries: [], next: 0 };
    orders.set(afterMs, order);
    order.entries.push({ item, at });
  }
  /** The item that is due next, whenever that is. */
  function next(): { readonly item: number; readonly at: number } | undefined {
    let found: { readonly item: number; readonly at: number } | undefined;
    for (const order of orders.values()) {
      // NOTE: what was leased or woken since is in another place, or in none.
      const isStale = ({ item, at }: { item: number; at: number }) => readyAt[item] !== at;
      while (order.next < order.entries.length && isStale(order.entries[order.next] as { item: number; at: number })) order.next += 1;
      const first = order.entries[order.next];
      if (first && (!found || first.at < found.at)) found = first;
    }
    return found;
  }
  for (let item = 0; item < tenantOf.length; item += 1) put(item, 0);

  /** The item of the tenant that is due longest. */
  function dueOf(tenant: number): number | undefined {
    let found: number | undefined;
    let foundAt = nowMs;
    for (let item = first[tenant] as number; tenantOf[item] === tenant; item += 1) {
      const at = readyAt[item] as number;
      if (at > foundAt || (found !== undefined && at === foundAt)) continue;
      found = item;
      foundAt = at;
    }
    return found;
  }
  function lease(item: number): LeasedWork {
    readyAt[item] = LEASED;
    return { key: { kind: 'cluster', tenant: String(tenantOf[item]), name: String(item) }, fence: 1, wakes: 1 };
  }
  function eachDue(visit: (item: number, at: number) => void): void {
    for (let item = 0; item < readyAt.length; item += 1) if ((readyAt[item] as number) <= nowMs) visit(item, readyAt[item] as number);
  }
  return {
    nowMs: () => nowMs,
    spend(ms) {
      nowMs += ms;
    },
    async leaseWork({ tenants, limit }) {
      if (tenants) return tenants.flatMap((tenant) => dueOf(Number(tenant)) ?? []).map(lease);
      const leased: LeasedWork[] = [];
      for (let first = next(); first && first.at <= nowMs && leased.length < limit; first = next()) leased.push(lease(first.item));
      return leased;
    },
    async dueTenants(limit) {
      const longest = new Float64Array(first.length).fill(LEASED);
      const items = new Int32Array(first.length);
      let count = 0;
      eachDue((item, at) => {
        const tenant = tenantOf[item] as number;
        longest[tenant] = Math.min(longest[tenant] as number, at);
        items[tenant] = (items[tenant] as number) + 1;
        count += 1;
      });
      nowMs += count * listMsPerItem;
      // NOTE: sorted as numbers, the moment before the tenant, which is far faster than by a comparison.
      const ordered = Float64Array.from(first.keys(), (tenant) => Math.round((longest[tenant] as number) * 10) * 1_000_000 + tenant);
      const some = ordered.filter(Number.isFinite).sort().subarray(0, limit);
      return Array.from(some, (place) => place % 1_000_000).map((tenant) => {
        return { tenant: String(tenant), items: items[tenant] as number, waitsMs: nowMs - (longest[tenant] as number) };
      });
    },
    finish: put,
    nextInMs: () => Math.max(0, (next()?.at ?? LEASED) - nowMs),
  };
}
