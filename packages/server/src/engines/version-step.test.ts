import { expect, it } from 'vitest';
import { whyNotEarlier, whyNotNext } from './version-step.ts';

const version = (minor: string) => ({ minor, full: `v${minor}.9` });

it.each([
  ['v1.35.1', '1.32', 'it runs v1.35.1, and Kubernetes has no downgrade'],
  ['v1.32.3', '1.31', 'it runs v1.32.3, and Kubernetes has no downgrade'],
  ['v1.32.3', '1.32', undefined],
  ['v1.9.14', '1.10', undefined],
  ['v1.31.14', '1.35', undefined],
])('a cluster that runs %s can be moved to any later version, %s: %j', (running, minor, why) => {
  expect(whyNotEarlier(running, version(minor))).toBe(why);
});

it.each([
  ['v1.35.4', '1.36', undefined],
  ['v1.36.3', '1.36', undefined],
  ['v1.36.3', '1.35', 'it runs v1.36.3, and Kubernetes has no downgrade'],
  ['v1.34.1', '1.36', 'it runs v1.34.1, and an upgrade goes from one minor version to the next; move it to 1.35 first'],
])('a cluster that runs %s can be moved to the next version, %s: %j', (running, minor, why) => {
  expect(whyNotNext(running, version(minor))).toBe(why);
});
