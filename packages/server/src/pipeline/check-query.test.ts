import { expect, it } from 'vitest';
import { checkQuery } from './find-route.ts';

it.each(['/x#dryRun=All', '/x#?dryRun=All', '/x?limit=1#y'])('refuses the fragment of %s, which the router would ignore', (target) => {
  expect(() => checkQuery(target, ['limit'])).toThrow('must not hold a fragment');
});

it.each(['/x?a=1?dryRun=All', '/x?limit=1?dryRun=All', '/x?limit=1&limit=1', '/x?limit=1&limi%74=2'])('refuses %s', (target) => {
  const known = target.includes('&') ? ['limit'] : [];
  expect(() => checkQuery(target, known)).toThrow(/query parameter "(a|limit)"/);
});

it('reads what it knows, and takes separators alone for nothing', () => {
  expect(checkQuery('/x?limit=1%202', ['limit', 'after']).get('limit')).toBe('1 2');
  expect([...checkQuery('/x?&&', [])]).toEqual([]);
});
