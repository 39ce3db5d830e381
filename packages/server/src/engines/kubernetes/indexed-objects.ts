import type { KubernetesObject, ObjectName } from './kubernetes-object.ts';

/** Objects of one kind by their name, and by the value of one label. */
export interface IndexedObjects<T extends KubernetesObject> {
  get(name: ObjectName): T | undefined;
  /** The objects whose label has this value, in no order. */
  of(labelValue: string): readonly T[];
  /** Takes an object of the watch, unless a newer version of it is known. */
  set(object: T): void;
  /** Takes a removal of the watch. */
  remove(object: T): void;
  /** Takes a complete list, of this version; what it does not have is gone, unless it is newer than the list. */
  replaceAll(items: readonly T[], resourceVersion: string): void;
  /** Takes the answer to a request. Where the watch is already beyond its version nothing changes: the object may be gone since then. */
  learn(object: T): void;
  /** Takes out what a request has deleted. An object of that name with another `uid` stays, because it is a later one. */
  forget(name: ObjectName, uid: string | undefined): void;
}

const keyOf = ({ name, namespace = '' }: ObjectName) => `${namespace}/${name}`;

/** Versions of one resource can be compared as numbers (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  return BigInt(version || 0) > BigInt(than || 0);
}

/** Makes an empty index. `changed` is called with the label's value of every object that is set or removed, and one of the objects with it. */
export function createIndexedObjects<T extends KubernetesObject>(
  label: string,
  changed: (labelValue: string, object: T) => void,
): IndexedObjects<T> {
  const byName = new Map<string, T>();
  const byLabel = new Map<string, Map<string, T>>();
  /** Everything up to this version has been listed, or brought by the watch. */
  let reached = '';
  const labelOf = ({ metadata }: T) => metadata.labels?.[label];

  const drop = (key: string) => {
    const known = byName.get(key);
    byName.delete(key);
    const value = known && labelOf(known);
    if (value === undefined) return;
    const group = byLabel.get(value);
    group?.delete(key);
    if (group?.size === 0) byLabel.delete(value);
  };
  const put = (key: string, object: T) => {
    drop(key);
    byName.set(key, object);
    const value = labelOf(object);
    if (value === undefined) return;
    const group = byLabel.get(value) ?? new Map<string, T>();
    byLabel.set(value, group.set(key, object));
  };
  const report = (...objects: readonly (T | undefined)[]) => {
    const byValue = new Map(objects.flatMap((object) => (object ? [[labelOf(object), object] as const] : [])));
    for (const [value, object] of byValue) if (value !== undefined) changed(value, object);
  };

  const take = (object: T) => {
    const key = keyOf(object.metadata);
    const known = byName.get(key);
    if (known && !isNewer(object.metadata.resourceVersion, known.metadata.resourceVersion)) return;
    put(key, object);
    report(known, object);
  };
  const remove = (object: T) => {
    reached = object.metadata.resourceVersion ?? reached;
    const key = keyOf(object.metadata);
    const known = byName.get(key);
    // NOTE: a removal of an object that was created again since then is old news.
    if (known && isNewer(known.metadata.resourceVersion, object.metadata.resourceVersion)) return;
    drop(key);
    report(known, object);
  };
  return {
    get: (name) => byName.get(keyOf(name)),
    of: (value) => [...(byLabel.get(value)?.values() ?? [])],
    set(object) {
      reached = object.metadata.resourceVersion ?? reached;
      take(object);
    },
    remove,
    learn(object) {
      if (isNewer(object.metadata.resourceVersion, reached)) take(object);
    },
    forget(name, uid) {
      const known = byName.get(keyOf(name));
      if (!known || (uid !== undefined && known.metadata.uid !== uid)) return;
      drop(keyOf(name));
      report(known);
    },
    replaceAll(items, resourceVersion) {
      reached = resourceVersion;
      const listed = new Set(items.map(({ metadata }) => keyOf(metadata)));
      const gone = [...byName].filter(([key, { metadata }]) => !listed.has(key) && !isNewer(metadata.resourceVersion, resourceVersion));
      for (const [key] of gone) drop(key);
      for (const item of items) take(item);
      report(...gone.map(([, object]) => object));
    },
  };
}
