import { systemRandom } from '@openkupe/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seal, unseal } from './seal.ts';

const key = Buffer.alloc(32, 1);

it('law: what is sealed opens under the same key and context, and never looks the same twice', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (plain, context) => {
      const sealed = seal(plain, context, key, systemRandom);
      expect(unseal(sealed, context, key)).toBe(plain);
      expect(seal(plain, context, key, systemRandom)).not.toBe(sealed);
    }),
  );
});

it('does not open with another key, in another place, or with a byte changed', () => {
  const sealed = seal('kupe_secret', 'here', key, systemRandom);
  expect(sealed).not.toContain('kupe');
  expect(() => unseal(sealed, 'here', Buffer.alloc(32, 2))).toThrow();
  expect(() => unseal(sealed, 'there', key)).toThrow();
  const bytes = Buffer.from(sealed, 'base64url');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  expect(() => unseal(bytes.toString('base64url'), 'here', key)).toThrow();
});
