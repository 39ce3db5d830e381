import { describe, expect, test } from 'vitest';
import { changesOf, merge } from './three-way.ts';

const BASE = { version: '1.32', resources: { cpu: '2', memory: '4Gi' }, labels: { env: 'prod' }, sync: [] };

test('fields that are absent stay, null removes, and parts are fields of their own', () => {
  const changes = changesOf(BASE, { version: '1.32', resources: { cpu: '4' }, labels: { env: null, team: 'a' }, sync: null });
  expect(changes.map(({ field, base, yours }) => [field, base, yours])).toEqual([
    ['resources.cpu', '2', '4'],
    ['labels.env', 'prod', null],
    ['labels.team', undefined, 'a'],
  ]);
  expect(merge(changes, BASE)).toEqual({ patch: { resources: { cpu: '4' }, labels: { env: null, team: 'a' } }, conflicts: [] });
});

describe('what another client wrote meanwhile', () => {
  const changes = changesOf(BASE, { resources: { memory: '8Gi' }, version: '1.33' });

  test('to another field stays', () => {
    const theirs = { ...BASE, resources: { cpu: '16', memory: '4Gi' } };
    expect(merge(changes, theirs)).toEqual({ patch: { resources: { memory: '8Gi' }, version: '1.33' }, conflicts: [] });
  });

  test('to the same value is done already', () => {
    const theirs = { ...BASE, version: '1.33', resources: { memory: '8Gi' } };
    expect(merge(changes, theirs)).toEqual({ patch: undefined, conflicts: [] });
  });

  test('to another value of the same field is a conflict', () => {
    const theirs = { ...BASE, resources: { memory: '16Gi' } };
    expect(merge(changes, theirs).conflicts).toEqual([{ field: 'resources.memory', base: '4Gi', theirs: '16Gi', yours: '8Gi' }]);
  });
});
