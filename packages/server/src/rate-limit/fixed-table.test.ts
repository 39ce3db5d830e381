import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createKeyedHash } from '../crypto/keyed-hash.ts';
import { FixedTable } from './fixed-table.ts';

const random = createSeededRandom(3);
const word = () => Math.floor(random.unit() * 2 ** 32) | 0;
const ANY = Number.POSITIVE_INFINITY;

describe('the fixed table', () => {
  it('takes 20 bytes an entry, all of them at the start', () => {
    const table = new FixedTable(100_000);
    const { bytes } = table;
    expect(bytes).toBe(100_000 * 20 + 12);
    for (let key = 0; key < 300_000; key += 1) table.ranks[table.claim(word(), word(), key, key)] = key;
    expect(table.bytes).toBe(bytes);
  });

  it('finds what it holds and forgets nothing while there is room', () => {
    const table = new FixedTable(1 << 16);
    const keys = Array.from({ length: 20_000 }, (_, at) => {
      const key = { low: word(), high: word(), rank: at + 1 };
      const handle = table.claim(key.low, key.high, 0, 0);
      table.ranks[handle] = key.rank;
      return { ...key, isShared: handle === table.overflow };
    });
    expect(keys.filter((key) => key.isShared).length).toBeLessThan(keys.length / 1000);
    for (const key of keys) if (!key.isShared) expect(table.ranks[table.find(key.low, key.high)]).toBe(key.rank);
    expect(table.load(0)).toBeGreaterThan(0.2);
    expect(table.load(100_000)).toBe(0);
  });

  it('gives up the smallest rank of a full set, no pinned entry, and none above what is allowed', () => {
    const table = new FixedTable(8);
    const handles = [50, 20, 30, 10, 40, 60, 70, 80].map((rank, key) => {
      const handle = table.claim(0, key, 0, 0);
      table.ranks[handle] = rank;
      return handle;
    });
    expect(new Set(handles).size).toBe(8);
    table.pins[handles[3] as number] = 1;
    expect(table.claim(0, 100, 19, 0)).toBe(table.overflow);
    expect(table.victim(0)).toBe(handles[1]);
    expect(table.claim(0, 100, 20, 0)).toBe(handles[1]);
    expect([table.find(0, 1), table.find(0, 3)]).toEqual([-1, handles[3]]);
    // It finds the values of the key that made room.
    expect(table.ranks[table.find(0, 100)]).toBe(20);
    expect(table.counters).toEqual({ evictions: 1, overflows: 1 });
    for (const handle of handles) table.pins[handle] = 1;
    expect([table.claim(0, 200, ANY, 0), table.victim(0)]).toEqual([table.overflow, -1]);
  });

  it('spreads real addresses evenly over the sets', () => {
    const hash = createKeyedHash({ low: 1, high: 2 });
    const counts = new Uint32Array(1024);
    for (let address = 0; address < 1024 * 100; address += 1) {
      hash.words(0x0a000000 + address, 0, 4);
      const set = (hash.result[0] as number) >>> 22;
      counts[set] = (counts[set] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    // 1023 degrees of freedom: 99.99 % of fair hashes stay below 1200.
    expect(chiSquared).toBeLessThan(1200);
  });
});
