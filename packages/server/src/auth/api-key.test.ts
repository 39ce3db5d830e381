import { systemRandom } from '@openkupe/contract';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prepareHmacSha256 } from '../crypto/hmac-sha256.ts';
import { hashApiKey, isStoredHash, mintApiKey, parseApiKey } from './api-key.ts';

const pepper = Buffer.alloc(32, 7);
const hashOf = (key: { text: string }) => prepareHmacSha256(pepper)(key.text);

it('law: a minted key is read back, under its id, and hashes to itself only', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (one, other) => {
      const key = mintApiKey(createSeededRandom(one));
      expect(key.text).toMatch(/^kupe_[0-9a-f]{8}_[A-Za-z0-9_-]{51}$/);
      expect(parseApiKey(key.text)).toEqual(key);
      const another = mintApiKey(createSeededRandom(other));
      expect(isStoredHash(hashOf(key), hashApiKey(another, pepper))).toBe(one >>> 0 === other >>> 0);
    }),
  );
});

it('law: one changed character makes it garbage, without a look-up', () => {
  const { text } = mintApiKey(systemRandom);
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.constantFrom('0', 'a', 'Z', '-', '.'), (at, letter) => {
      const changed = text.slice(0, at) + letter + text.slice(at + 1);
      expect(parseApiKey(changed) === undefined).toBe(changed !== text);
    }),
  );
});

it('depends on the pepper', () => {
  const key = mintApiKey(systemRandom);
  expect(hashApiKey(key, pepper)).not.toBe(hashApiKey(key, Buffer.alloc(32, 8)));
});

it.each([undefined, '', '0'.repeat(64), 'no hexadecimal'])('the hash %j matches no key', (stored) => {
  expect(isStoredHash(hashOf(mintApiKey(systemRandom)), stored)).toBe(false);
});

it.each(['', 'kupe_', 'kupe__', 'kupe_7f3b2c1d_short', `kupe_7f3b2c1d_${'a'.repeat(51)}`, 'eyJ.e30.x'])(
  '%j was never a key of ours',
  (text) => {
    expect(parseApiKey(text)).toBeUndefined();
  },
);
