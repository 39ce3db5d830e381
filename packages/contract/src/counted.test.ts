import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it.each([
  [1, '1 second'],
  ['1', '1 second'],
  [0, '0 seconds'],
  [2, '2 seconds'],
  ['60', '60 seconds'],
])('%j is %j', (count, text) => expect(counted(count, 'second')).toBe(text));
