import { expect, it } from 'vitest';
import type { Document } from '../stored-document.ts';
import type { Loaded } from './load-configuration.ts';
import { planParts } from './plan-parts.ts';
import { type Configuration, printConfiguration } from './print-configuration.ts';
import { settleParts } from './settle-parts.ts';
import type { TenantPart } from './tenant-part.ts';

const receiverOf = (name: string): Document => ({ global: {}, receivers: [{ name }], routes: [] });
const print = (parts: ReadonlyMap<string, TenantPart>) => printConfiguration(parts, new Uint8Array(32));

/** An Alertmanager that refuses what holds one of these texts. */
function refusing(...texts: string[]) {
  const inForce: string[] = [];
  const load = async ({ text }: Configuration): Promise<Loaded> => {
    const found = texts.find((one) => text.includes(`/${one}"`));
    inForce.push(found ? 'refused' : 'taken');
    return found ? { outcome: 'refused', said: `failed to reload config: ${found}` } : { outcome: 'taken' };
  };
  return { load, inForce };
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `tenant-${String(at).padStart(3, '0')}`);

it.each([[[]], [[0]], [[63]], [[1, 2, 40]]])('finds those at fault among 64, here %j, and brings the others into force', async (bad) => {
  const documents = names(64).map((tenant, at) => ({ tenant, wanted: receiverOf(bad.includes(at) ? 'bad' : 'good') }));
  const plan = planParts(documents, '1');
  const { load, inForce } = refusing('bad');
  expect(await settleParts({ ...plan, print, load, runningRevision: print(new Map()).revision })).toBeUndefined();
  const faulty = bad.map((at) => names(64)[at]);
  expect([...plan.refusals]).toEqual(faulty.map((tenant) => [tenant, 'bad']));
  expect([...plan.base.keys()].sort()).toEqual(names(64).filter((tenant) => !faulty.includes(tenant)));
  expect(inForce.at(-1)).toBe('taken');
  expect(inForce.length).toBeLessThanOrEqual(2 + 14 * bad.length);
});

it('keeps what was taken before of a tenant whose change is refused', async () => {
  const taken = receiverOf('former');
  const plan = planParts([{ tenant: 'acme', wanted: receiverOf('bad'), taken }], '1');
  const before = print(plan.base);
  await settleParts({ ...plan, print, load: refusing('bad').load, runningRevision: before.revision });
  expect([print(plan.base), [...plan.refusals]]).toEqual([before, [['acme', 'bad']]]);
});

it('asks nothing where everything is in force, also where that was not recorded', async () => {
  const wanted = receiverOf('good');
  const { load, inForce } = refusing();
  const plan = planParts([{ tenant: 'acme', wanted }], '1');
  const running = print(new Map(planParts([{ tenant: 'acme', wanted, taken: wanted }], '1').base)).revision;
  await settleParts({ ...plan, print, load, runningRevision: running });
  expect([inForce, plan.base.has('acme')]).toEqual([[], true]);
});

it('does not offer what this release refused, and offers it to another one', () => {
  const refused = { by: '0.25.0', message: 'no' };
  const documents = [{ tenant: 'acme', wanted: receiverOf('x'), refused }];
  expect([...planParts(documents, '0.25.0').refusals]).toEqual([['acme', 'no']]);
  expect(planParts(documents, '0.28.0').suspects.map(({ tenant }) => tenant)).toEqual(['acme']);
});

it('takes out what another release refuses of what was taken before, and keeps the rest', async () => {
  const [good, bad] = [receiverOf('good'), receiverOf('bad')];
  const plan = planParts(
    [
      { tenant: 'acme', wanted: good, taken: good },
      { tenant: 'beta', wanted: bad, taken: bad },
      { tenant: 'gamma', wanted: good, taken: bad },
    ],
    '2',
  );
  await settleParts({ ...plan, print, load: refusing('bad').load, runningRevision: undefined });
  expect([[...plan.base.keys()].sort(), [...plan.refusals]]).toEqual([['acme', 'gamma'], [['beta', 'bad']]]);
});

it('says what is wrong where Alertmanager cannot be asked', async () => {
  const plan = planParts([{ tenant: 'acme', wanted: receiverOf('x') }], '1');
  const load = async (): Promise<Loaded> => ({ outcome: 'unknown', detail: 'it is away' });
  expect(await settleParts({ ...plan, print, load, runningRevision: undefined })).toBe('it is away');
});
