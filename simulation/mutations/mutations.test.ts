import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mutate } from './apply.ts';
import { MUTATIONS } from './mutations.ts';

const PACKAGES = join(import.meta.dirname, '..', '..', 'packages');

it.each(MUTATIONS.map((mutation) => [mutation.file, mutation] as const))('finds in %s what it breaks', (file, mutation) => {
  const source = readFileSync(join(PACKAGES, file), 'utf8');
  expect(mutate(source, mutation)).not.toBe(source);
});

it('refuses a text that is there twice, or not at all', () => {
  const mutation = { validator: 'x', file: 'a.ts', text: 'one', replacement: 'two' };
  expect(mutate('one', mutation)).toBe('two');
  expect(() => mutate('one one', mutation)).toThrow('a.ts has "one" 2 times');
  expect(() => mutate('', mutation)).toThrow('a.ts has "one" 0 times');
});
