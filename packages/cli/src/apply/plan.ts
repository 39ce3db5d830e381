import type { Client } from '../client.ts';
import { misuse } from '../failure/failure.ts';
import { changeableFields, kindNamed } from './kinds.ts';
import { type Described, titleOf } from './read-documents.ts';
import { changesOf, type FieldChange } from './three-way.ts';

/** What is to happen to one object. */
export interface Step extends Described {
  readonly action: 'create' | 'change' | 'delete' | 'keep';
  readonly changes: readonly FieldChange[];
}

/** Compares a description with what is there. Fails with exit code 2 where it asks for what cannot be changed. */
async function stepFor(described: Described, client: Client, tenant: string, signal: AbortSignal): Promise<Step> {
  const { kind, name, fields } = described;
  if (kind.kind === 'tenant' && fields.name !== undefined && fields.name !== tenant) {
    throw misuse(`The file describes tenant "${fields.name}", and this is "${tenant}"; pass --tenant, or leave out its name.`);
  }
  const current = await kind.find(client, name, signal);
  if (!current) {
    if (!kind.create) throw misuse(`${titleOf(described)} does not exist, and no command can make it.`);
    return { ...described, action: 'create', changes: changesOf({}, fields) };
  }
  const changes = changesOf(current, fields).filter(({ field }) => field !== kind.named);
  const fixed = changes.find(({ field }) => !kind.changeable.includes(field.split('.')[0] ?? ''));
  if (fixed) {
    const [now, wanted] = [fixed.base, fixed.yours].map((value) => JSON.stringify(value) ?? 'absent');
    throw misuse(`${fixed.field} of ${titleOf(described)} cannot be changed: it is ${now}, and the file has ${wanted}; leave it as it is.`);
  }
  return { ...described, action: changes.length === 0 ? 'keep' : 'change', changes };
}

/** What leads from what is there to what is described, in the order of the files. */
export async function planSteps(all: readonly Described[], client: Client, tenant: string, signal: AbortSignal): Promise<Step[]> {
  const steps: Step[] = [];
  // NOTE: one after the other: a list of them must not spend the limit of the address at once.
  for (const described of all) steps.push(await stepFor(described, client, tenant, signal));
  return steps;
}

/** The clusters that carry the labels and are not described, to be deleted. Only clusters have labels. */
export async function planPruning(all: readonly Described[], selector: string, client: Client, signal: AbortSignal): Promise<Step[]> {
  const kind = kindNamed('cluster');
  if (!kind) return [];
  const known = new Set(all.map(titleOf));
  const { value } = await client.clusters.list({ labelSelector: selector, signal });
  return value
    .map((cluster) => ({
      kind,
      name: cluster.name,
      fields: changeableFields(kind, cluster as never),
      changes: [],
      action: 'delete' as const,
    }))
    .filter((step) => !known.has(titleOf(step)));
}
