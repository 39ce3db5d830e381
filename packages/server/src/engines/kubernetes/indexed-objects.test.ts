import { beforeEach, expect, it } from 'vitest';
import { createIndexedObjects, type IndexedObjects } from './indexed-objects.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

const object = (name: string, resourceVersion: string, cluster?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', resourceVersion, ...(cluster === undefined ? {} : { labels: { cluster } }) },
});
let changed: string[];
let objects: IndexedObjects<KubernetesObject>;
beforeEach(() => {
  changed = [];
  objects = createIndexedObjects('cluster', (value) => changed.push(value));
});
const namesOf = (cluster: string) =>
  objects
    .of(cluster)
    .map(({ metadata }) => metadata.name)
    .sort();

it('finds objects by their label, and reports each change once', () => {
  for (const item of [object('a', '1', 'one'), object('b', '2', 'one'), object('c', '3', 'two'), object('d', '4')]) objects.set(item);
  expect(namesOf('one')).toEqual(['a', 'b']);
  objects.remove(object('a', '5', 'one'));
  expect(namesOf('one')).toEqual(['b']);
  expect(objects.get({ namespace: 'n', name: 'd' })).toBeDefined();
  expect(changed).toEqual(['one', 'one', 'two', 'one']);
});

it('moves an object whose label has changed, and reports both values', () => {
  objects.set(object('a', '1', 'one'));
  objects.set(object('a', '2', 'two'));
  expect([namesOf('one'), namesOf('two')]).toEqual([[], ['a']]);
  expect(changed).toEqual(['one', 'one', 'two']);
});

it('keeps the newer of two versions, compared as numbers', () => {
  objects.set(object('a', '10', 'one'));
  objects.set(object('a', '9', 'two'));
  objects.remove(object('a', '9', 'one'));
  expect(namesOf('one')).toEqual(['a']);
});

it('takes a list for the whole truth, except about what is newer', () => {
  objects.set(object('old', '3', 'one'));
  objects.set(object('new', '12', 'one'));
  objects.replaceAll([object('listed', '5', 'one')], '10');
  expect(namesOf('one')).toEqual(['listed', 'new']);
});

it('takes the answer to a request before the watch brings it, and never one that the watch has overtaken', () => {
  objects.learn(object('made', '5', 'one'));
  expect(namesOf('one')).toEqual(['made']);
  objects.set(object('made', '5', 'one'));
  objects.remove(object('made', '7', 'one'));
  objects.learn(object('made', '6', 'one'));
  expect(namesOf('one')).toEqual([]);
  objects.replaceAll([], '20');
  objects.learn(object('made', '15', 'one'));
  expect(namesOf('one')).toEqual([]);
  objects.learn(object('made', '21', 'one'));
  expect(namesOf('one')).toEqual(['made']);
});

it('takes out what was deleted, and keeps a later object of that name', () => {
  const [first, second] = ['first', 'second'].map((uid, index) => {
    const { metadata, ...rest } = object('a', String(index + 1), 'one');
    return { ...rest, metadata: { ...metadata, uid } };
  }) as [KubernetesObject, KubernetesObject];
  objects.set(first);
  objects.forget(first.metadata, 'first');
  expect(namesOf('one')).toEqual([]);
  objects.set(second);
  objects.forget(first.metadata, 'first');
  expect(namesOf('one')).toEqual(['a']);
});
