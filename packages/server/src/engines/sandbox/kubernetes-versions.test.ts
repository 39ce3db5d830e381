import { describe, expect, it } from 'vitest';
import { resolveVersion, SANDBOX_VERSIONS, whyNotAfter } from './kubernetes-versions.ts';

describe('a version that is asked for', () => {
  it.each([
    ['1.32', 'v1.32.3'],
    ['v1.32', 'v1.32.3'],
    ['v1.32.3', 'v1.32.3'],
    ['1.32.3', 'v1.32.3'],
    ['', 'v1.35.1'],
    ['1.3', undefined],
    ['1.32.4', undefined],
    ['1.99', undefined],
    ['latest', undefined],
  ])('%j runs %j', (asked, full) => {
    expect(resolveVersion(SANDBOX_VERSIONS, asked)?.full).toBe(full);
  });

  it('is never a retiring one by default', () => {
    const retiring = { minor: '1.36', full: 'v1.36.0', isRetiring: true } as const;
    expect(resolveVersion([retiring, ...SANDBOX_VERSIONS], '')?.minor).toBe('1.35');
  });
});

it.each([
  ['v1.35.1', '1.32', 'it runs v1.35.1, and Kubernetes has no downgrade'],
  ['v1.32.3', '1.31', 'it runs v1.32.3, and Kubernetes has no downgrade'],
  ['v1.32.3', '1.32', undefined],
  ['v1.31.14', '1.32', undefined],
  ['v1.31.14', '1.35', undefined],
])('a cluster that runs %s can be moved to %s: %j', (running, minor, why) => {
  expect(whyNotAfter(running, { minor, full: '' })).toBe(why);
});
