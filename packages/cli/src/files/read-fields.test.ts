import { expect, it } from 'vitest';
import { createFakeIo } from '../testing/fake-io.ts';
import { readFields } from './read-fields.ts';

const read = (input: string) => readFields('-', createFakeIo({ input }));

it.each([
  ['{"role":"readonly","role":"admin"}', /has a field twice: Map keys must be unique at line 1/],
  ['{"role":"readonly","rol\\u0065":"admin"}', /has a field twice/],
  ['alerts:\n  a: 1\n  a: 2\n', /has a field twice: .* at line 3/],
  ['{"alerts":{"n":1e999}}', /has the number 1e999, which cannot be kept exactly; quote it/],
  ['alerts:\n  n: [12345678901234567890]\n', /the number 12345678901234567890/],
  ['alerts: { n: .inf }', /the number \.inf/],
  ['alerts: { n: .nan }', /the number \.nan/],
  ['alerts: { n: 0xfffffffffffffffff }', /the number 0xf/],
  ['alerts: { n: -0 }', /the number -0/],
])('refuses %j', async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

it.each([
  ['{"n":[1.0,1e3,0.1,-7],"__proto__":{"a":1}}', '{"n":[1,1000,0.1,-7],"__proto__":{"a":1}}'],
  ['n: [+1, .5, 5., 0x1F, 0o17, "1e999", 1e999x]', '{"n":[1,0.5,5,31,15,"1e999","1e999x"]}'],
])('reads %j', async (text, json) => {
  expect(JSON.stringify(await read(text))).toBe(json);
});
