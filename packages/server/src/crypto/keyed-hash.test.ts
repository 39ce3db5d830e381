import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { describe, expect, it } from 'vitest';
import { createKeyedHash, randomHashKey } from './keyed-hash.ts';

/** HalfSipHash-2-4-64 of the reference implementation: key 00..07, input 00, 01, 02, … of growing length. */
const VECTORS = [
  '218d1f59b9b83cc8',
  'be552412f8387315',
  '064f39ef7c50eb57',
  'ce0f1a45f7060679',
  'd5e78a175be52ea1',
  'cb9d7c3f2f3db580',
  'ce3e91358aa2bc25',
  'ff202728b07bc684',
  'edfee820bce4858c',
  '5b51cccc13888307',
  '95b0469f06a6f2ee',
  'ae26333994ddcd48',
  '7bc71f9faef5c799',
];
const REFERENCE_KEY = { low: 0x03020100, high: 0x07060504 };

function hex(result: Int32Array): string {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setInt32(0, result[0] ?? 0, true);
  bytes.setInt32(4, result[1] ?? 0, true);
  return Buffer.from(bytes.buffer).toString('hex');
}

describe('the keyed hash', () => {
  it('is HalfSipHash: it gives the published values', () => {
    const hash = createKeyedHash(REFERENCE_KEY, [2, 4]);
    VECTORS.forEach((expected, length) => {
      hash.text(String.fromCharCode(...Array.from({ length }, (_, at) => at)));
      expect(hex(hash.result)).toBe(expected);
    });
  });

  it('reads words as the bytes they are', () => {
    const hash = createKeyedHash(REFERENCE_KEY, [2, 4]);
    hash.words(0x03020100, 0x07060504, 0x0a0908);
    expect(hex(hash.result)).toBe(VECTORS[11]);
  });

  it('depends on the key, which is chance', () => {
    const results = [1, 2, 3].map((seed) => {
      const hash = createKeyedHash(randomHashKey(createSeededRandom(seed)));
      hash.words(0x7f000001, 0, 4);
      return hex(hash.result);
    });
    expect(new Set(results).size).toBe(3);
  });

  it('separates the same text in two scopes', () => {
    const hash = createKeyedHash(REFERENCE_KEY);
    hash.text('kupe_key', 1, 0);
    const first = hex(hash.result);
    hash.text('kupe_key', 2, 0);
    expect(hex(hash.result)).not.toBe(first);
  });
});
