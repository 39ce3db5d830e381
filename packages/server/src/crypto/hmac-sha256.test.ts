import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prepareHmacSha256 } from './hmac-sha256.ts';

it('is HMAC-SHA-256 for every key and every text that it is prepared for, one after the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.array(fc.stringMatching(/^[\w-]{0,120}$/)), (key, texts) => {
      const hmac = prepareHmacSha256(key);
      for (const text of texts) expect(hmac(text)).toEqual(createHmac('sha256', key).update(text).digest());
    }),
  );
});

it('refuses a text that is longer', () => {
  expect(() => prepareHmacSha256(Buffer.from('key'), 8)('123456789')).toThrow(RangeError);
});
