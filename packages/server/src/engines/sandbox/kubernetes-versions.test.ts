import { describe, expect, it } from 'vitest';
import { findVersion } from '../engine.ts';
import { SANDBOX_VERSIONS, whyNotAfter } from './kubernetes-versions.ts';

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

it.each([
  ['v1.35.1', '1.32', 'it runs v1.35.1, and Kubernetes has no downgrade'],
  ['v1.32.3', '1.31', 'it runs v1.32.3, and Kubernetes has no downgrade'],
  ['v1.32.3', '1.32', undefined],
  ['v1.31.14', '1.32', undefined],
  ['v1.31.14', '1.35', undefined],
])('a cluster that runs %s can be moved to %s: %j', (running, minor, why) => {
  expect(whyNotAfter(running, { minor, full: '' })).toBe(why);
});
