import { describe, expect, it } from 'vitest';
import { holds } from './holds.ts';

describe('what an object has to hold', () => {
  it.each([
    ['its fields beside fields of others', { a: 1, status: { b: 2 } }, { a: 1 }],
    ['a quantity in another form', { cpu: '1', memory: '1024Mi' }, { cpu: '1000m', memory: '1Gi' }],
    ['an empty object that the server leaves out', { kind: 'Role' }, { kind: 'Role', namespaceSelector: {}, ingress: [] }],
    ['lists of the same items', [{ name: 'a', protocol: 'TCP' }], [{ name: 'a' }]],
  ])('is %s', (_title, live, wanted) => {
    expect(holds(live, wanted)).toBe(true);
  });

  it.each([
    ['another value', { image: 'b' }, { image: 'a' }],
    ['an absent field', {}, { replicas: 3 }],
    ['one item more', ['a', 'b'], ['a']],
    ['another order', ['b', 'a'], ['a', 'b']],
    ['another quantity', { cpu: '2' }, { cpu: '1000m' }],
  ])('is not %s', (_title, live, wanted) => {
    expect(holds(live, wanted)).toBe(false);
  });
});
