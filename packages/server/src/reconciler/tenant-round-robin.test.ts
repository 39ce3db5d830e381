import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { clusterKey } from '../store/conformance/samples.ts';
import { startInlineWriter } from '../store/sqlite/inline-writer.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { scratchFolder } from '../store/testing/scratch-folder.ts';
import { createTenantRoundRobin, type TenantRoundRobin } from './tenant-round-robin.ts';

let store: Store;
let listsRead: number;
let roundRobin: TenantRoundRobin;
beforeEach(async () => {
  const opened = await openSqliteStore({ folder: scratchFolder(), clock: createManualClock(), startWriter: startInlineWriter });
  onTestFinished(() => opened.close());
  store = opened;
  listsRead = 0;
  roundRobin = createTenantRoundRobin({
    leaseWork: (request) => store.leaseWork(request),
    dueTenants(limit) {
      listsRead += 1;
      return store.dueTenants(limit);
    },
  });
});

const wake = (tenant: string, items: number, from = 0) =>
  store.commit({ at: 0, writes: [], wake: Array.from({ length: items }, (_, index) => clusterKey(`c-${from + index}`, tenant)) });
/** Leases `limit` items, does them at once, and returns whose they were. */
async function workOn(limit = 4): Promise<string[]> {
  const leased = await roundRobin.lease({ owner: 'x', leaseMs: 30_000, limit });
  for (const work of leased) await store.finishWork(work, 'done');
  return leased.map(({ key }) => key.tenant);
}

describe('the round robin of tenants', () => {
  it('lets one with 10,000 due items delay the single item of another by no more than a round', async () => {
    await wake('heavy', 10_000);
    for (let count = 0; count < 10; count += 1) await workOn();
    await wake('light', 1);
    const order: string[] = [];
    while (!order.includes('light')) order.push(...(await workOn()));
    // NOTE: a list of 10,000 items is good for a hundred of them.
    expect(order.length).toBeLessThanOrEqual(104);
  });

  it('gives each of many tenants one item before the heavy one has a second', async () => {
    await wake('heavy', 1_000);
    await workOn();
    for (let index = 0; index < 30; index += 1) await wake(`light-${index}`, 1);
    const order: string[] = [];
    while (new Set(order).size < 31) order.push(...(await workOn()));
    expect(order.filter((tenant) => tenant === 'heavy').length).toBeLessThanOrEqual(20);
  });

  it('does everything once, and reads few lists for it', async () => {
    await wake('heavy', 1_000);
    for (let index = 0; index < 50; index += 1) await wake(`light-${index}`, 2);
    const order: string[] = [];
    for (let some = await workOn(); some.length > 0; some = await workOn()) order.push(...some);
    expect(order.length).toBe(1_100);
    expect(await store.nextWorkInMs()).toBeUndefined();
    expect(listsRead).toBeLessThan(200);
  });

  it('reads no list while all that is due is leased at once', async () => {
    for (let count = 0; count < 5; count += 1) {
      await wake('one', 3, count * 3);
      expect(await workOn()).toEqual(['one', 'one', 'one']);
    }
    expect(listsRead).toBe(0);
  });
});
