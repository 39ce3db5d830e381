import { describe, expect, it } from 'vitest';
import { findVersion } from '../engine.ts';
import { SANDBOX_VERSIONS } from './kubernetes-versions.ts';

describe('a version that is asked for', () => {
  it.each([
    ['1.32', 'v1.32.3'],
    ['v1.32', 'v1.32.3'],
    ['v1.32.3', 'v1.32.3'],
    ['1.32.3', 'v1.32.3'],
    ['', undefined],
    ['1.3', undefined],
    ['1.32.4', undefined],
    ['1.99', undefined],
    ['latest', undefined],
  ])('%j runs %j', (asked, full) => {
    expect(findVersion(SANDBOX_VERSIONS, asked)?.full).toBe(full);
  });
});
