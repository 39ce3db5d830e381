import type { Cluster } from '../../packages/sdk/src/index.ts';
import type { Program, Tenancy } from './program.ts';

/** Clusters that the programs of a tenant share, so that they meet. */
const NAMES = ['one', 'two', 'three', 'four', 'five'] as const;
const SIZES = ['500m', '1', '2', '4'] as const;
const VERSIONS = ['1.32', '1.33', '1.34'] as const;
/** A cluster with more entries is deleted, so that its settings stay small. */
const MOST_ENTRIES = 150;

/** What the programs write into the alert settings of a cluster: the ids of all appends, so that a lost one shows. */
export interface Entries {
  readonly marker: string;
  readonly ids: readonly string[];
}

/** The ids that were appended to a cluster. */
export function idsIn(alerts: unknown): readonly string[] {
  return (alerts as Partial<Entries> | undefined)?.ids ?? [];
}

/** Creates, changes, reads and deletes clusters of a tenant until the world ends. */
export async function editClusters({ client, dice, newId, attempt, read, pause, isOver }: Program, { marker }: Tenancy): Promise<void> {
  const entries = (ids: readonly string[]) => ({ alerts: { marker, ids } });

  async function append(name: string): Promise<void> {
    const id = newId();
    // NOTE: half of the changes find out whether they were made before, as those of a careful caller do.
    const isCareful = dice.chance(0.5);
    const size = dice.chance(0.3) ? { resources: { cpu: dice.pick(SIZES) } } : {};
    const version = dice.chance(0.1) ? { version: dice.pick(VERSIONS) } : {};
    const change = ({ alerts }: Cluster) => {
      const ids = idsIn(alerts);
      if (isCareful && ids.includes(id)) return undefined;
      return { ...entries([...ids, id]), ...size, ...version };
    };
    const result = await attempt({ kind: 'append', id, name }, () => client.clusters.update(name, change));
    if (idsIn(result?.value.alerts).length > MOST_ENTRIES) await remove(name);
  }
  async function patch(name: string): Promise<void> {
    const found = await read(() => client.clusters.get(name));
    if (!found?.etag) return;
    const { etag: ifMatch } = found;
    const id = newId();
    const body = entries([...idsIn(found.value.alerts), id]);
    await attempt({ kind: 'append', id, name }, () => client.clusters.patch(name, body, { ifMatch }));
  }
  async function create(name: string): Promise<void> {
    const id = newId();
    const body = { name, displayName: `${marker} ${id}`, version: dice.pick(VERSIONS), resources: { cpu: dice.pick(SIZES) } };
    await attempt({ kind: 'create', id, name }, () => client.clusters.create(body));
  }
  async function remove(name: string): Promise<void> {
    await attempt({ kind: 'delete', id: newId(), name }, () => client.clusters.delete(name));
  }

  while (!isOver()) {
    await pause();
    const name = dice.chance(0.5) ? NAMES[0] : dice.pick(NAMES);
    const throwOf = dice.between(1, 20);
    if (throwOf <= 8) await append(name);
    else if (throwOf <= 11) await patch(name);
    else if (throwOf <= 15) await create(name);
    else if (throwOf <= 16) await remove(name);
    else if (throwOf <= 18) await read(() => client.clusters.list());
    else await read(() => client.clusters.explain(name));
  }
}
