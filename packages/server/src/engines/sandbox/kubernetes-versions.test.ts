import { describe, expect, it } from 'vitest';
import { resolveVersion, SANDBOX_VERSIONS } from './kubernetes-versions.ts';

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
