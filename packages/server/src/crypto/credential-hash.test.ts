import { expect, it } from 'vitest';
import { addressGroup } from '../http/client-address/address-group.ts';
import { createCredentialHash } from './credential-hash.ts';
import { createKeyedHash } from './keyed-hash.ts';

const HERE = addressGroup('192.0.2.1');
const THERE = addressGroup('192.0.2.2');

function setUp() {
  const hash = createKeyedHash({ low: 1, high: 2 });
  const lengths: number[] = [];
  const credentials = createCredentialHash({
    ...hash,
    text(text, ...scope) {
      lengths.push(text.length);
      hash.text(text, ...scope);
    },
  });
  const wordsOf = (group: typeof HERE, text: string) => {
    credentials.of(group, text);
    return [credentials.low, credentials.high];
  };
  return { lengths, wordsOf };
}

it('hashes the same credential at the same address once, however often a request asks', () => {
  const { lengths, wordsOf } = setUp();
  const words = wordsOf(HERE, 'kupe_one');
  for (let time = 0; time < 5; time += 1) expect(wordsOf(HERE, 'kupe_one')).toEqual(words);
  expect(lengths).toEqual([8]);
  expect(wordsOf(THERE, 'kupe_one')).not.toEqual(words);
  expect(wordsOf(HERE, 'kupe_two')).not.toEqual(words);
  expect(wordsOf(HERE, 'kupe_one')).toEqual(words);
});

it('costs no more for a long credential, every character of which still counts', () => {
  const { lengths, wordsOf } = setUp();
  const long = 'x'.repeat(15_000);
  const words = wordsOf(HERE, long);
  for (const at of [0, 5_000, 14_999]) expect(wordsOf(HERE, `${long.slice(0, at)}y${long.slice(at + 1)}`)).not.toEqual(words);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
});
