import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { expect, it } from 'vitest';
import { createRequestIds } from './incoming-request.ts';

it('gives every request another id, and two processes other ones', () => {
  const [one, two] = [createRequestIds(createSeededRandom(1)), createRequestIds(createSeededRandom(2))];
  const ids = Array.from({ length: 1_000 }, () => [one.next(), two.next()]).flat();
  expect(new Set(ids).size).toBe(2_000);
  for (const id of ids) expect(id).toMatch(/^req-[0-9a-f]{20}$/);
});

it('begins anew when it has counted to the end', () => {
  const drawn: number[] = [];
  const ids = createRequestIds({
    bytes(count) {
      drawn.push(count);
      return new Uint8Array(count).fill(drawn.length);
    },
  });
  const first = ids.next();
  for (let at = 1; at < 16 ** 6; at += 1) ids.next();
  expect([first, ids.next()]).toEqual(['req-01010101010101000000', 'req-02020202020202000000']);
});

it.each([
  ['req-client-4711', true],
  ['short', false],
  ['with space', false],
  ['x'.repeat(65), false],
])('keeps an id that was sent if it is sane: %s', (sent, isKept) => {
  expect(createRequestIds(createSeededRandom(1)).of(sent) === sent).toBe(isKept);
});
