import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULTS, type Fault } from '../engines/sandbox/faults.ts';
import { tenantAllocation } from '../tenancy/allocation.ts';
import { LEASE_MS, type StepByStep, stepByStep } from './testing/step-by-step.ts';
import { openWorld, TENANT, type World } from './testing/world.ts';

/** Few looks, so that there are few places to be killed at; what happens between them is the same. */
const SELDOM = { changingCheckMs: 4_000, degradedCheckMs: 4_000 };

let world: World;

async function inWorld<T>(happening: () => Promise<T>): Promise<T> {
  world = await openWorld();
  try {
    return await happening();
  } finally {
    await world.end();
  }
}

/** A whole life: made, changed while it is made, upgraded, removed. After each of its parts, `part` gets the cluster there. */
async function live(part: (isOver: () => Promise<boolean>) => Promise<unknown>): Promise<void> {
  const isRunning = async () => (await world.phase('production')) === 'Running';
  await world.create('production');
  await part(async () => (await world.phase('production')) === 'Provisioning');
  await world.patch('production', { resources: { cpu: '3' } });
  await part(isRunning);
  await world.patch('production', { version: '1.33' });
  await part(isRunning);
  await world.remove('production');
  await part(async () => (await world.phase('production')) === 'none');
}

describe('a reconciler that is killed', () => {
  /** What was billed for, in order; when depends on which step was the last. */
  const billed = async () => {
    const rows = await world.store.ledger(TENANT, 0, 100);
    return rows.map(({ fact }) => (fact.kind === 'cluster' ? (fact.billed?.cpu ?? 'ended') : fact.kind));
  };

  async function liveKilledAt(
    killAt: number,
  ): Promise<{ steps: number; messages: string[]; kept: string[]; clusterCount: number; billed: string[] }> {
    let steps = 0;
    await live(async (isOver) => {
      const stepper = stepByStep(world, SELDOM);
      while (!(await isOver())) {
        await stepper.step({ isKilledAfter: steps === killAt });
        if (steps === killAt) await world.restart();
        steps += 1;
        if (steps > 200) throw new Error('it does not converge');
      }
    });
    const { clusterCount } = (await world.tenant()).observed;
    return { steps, messages: await world.messages(), kept: await world.kept(), clusterCount, billed: await billed() };
  }

  it('converges and tells everything once, whichever step was its last', async () => {
    const { steps, ...undisturbed } = await inWorld(() => liveKilledAt(-1));
    expect(undisturbed.messages).toEqual([
      'Cluster "production" is being provisioned.',
      'Cluster "production" is ready and runs v1.32.3.',
      'Cluster "production" is up to date and runs v1.33.7.',
      'Cluster "production" is gone.',
    ]);
    expect(undisturbed.billed).toEqual(['3', 'ended']);
    expect(steps).toBeGreaterThan(15);
    for (let killAt = 0; killAt < steps; killAt += 1) {
      const { steps: _, ...killed } = await inWorld(() => liveKilledAt(killAt));
      expect(killed, `killed after step ${killAt}`).toEqual(undisturbed);
    }
  }, 60_000);
});

describe('whatever happens', () => {
  const names = fc.constantFrom('production', 'staging');
  const action = fc.oneof(
    { weight: 3, arbitrary: fc.record({ what: fc.constant('create' as const), name: names }) },
    {
      weight: 4,
      arbitrary: fc.record({ what: fc.constant('patch' as const), name: names, version: fc.constantFrom('1.32', '1.33', '1.34') }),
    },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), name: names }) },
    { weight: 10, arbitrary: fc.record({ what: fc.constant('step' as const), count: fc.integer({ min: 1, max: 8 }) }) },
    { weight: 2, arbitrary: fc.record({ what: fc.constant('die' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('break' as const),
        name: names,
        fault: fc.constantFrom(...(Object.keys(FAULTS) as Fault[]), undefined),
      }),
    },
  );
  type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

  /** Does what the API would let happen; anything else is left out. */
  async function act(step: Action, stepper: StepByStep): Promise<void> {
    if (step.what === 'step') for (let count = 0; count < step.count; count += 1) await stepper.step();
    if (step.what === 'break') world.engine.faults.setFault(step.name, step.fault);
    if (step.what === 'die') {
      await stepper.step({ isKilledAfter: true });
      await world.restart();
      await world.clock.advance(LEASE_MS);
    }
    if (!('name' in step) || step.what === 'break') return;
    const row = await world.cluster(step.name);
    if (step.what === 'create' && !row) await world.create(step.name);
    if (!row || row.deletedAt !== undefined) return;
    if (step.what === 'patch') await world.patch(step.name, { version: step.version, resources: { cpu: step.version } });
    if (step.what === 'remove') await world.remove(step.name);
  }

  async function isAsDesired(): Promise<boolean> {
    const rows = await world.store.list('cluster', TENANT);
    const isSettled = rows.every((row) => row.deletedAt === undefined && row.observed.observedGeneration === row.generation);
    const phases = await Promise.all(rows.map((row) => world.phase(row.name)));
    return isSettled && phases.every((phase) => phase === 'Running');
  }

  it('every cluster ends as it is desired, nothing is left over, and the tenant is charged for what there is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), (actions) =>
        inWorld(async () => {
          const stepper = stepByStep(world, SELDOM);
          for (const step of actions) await act(step, stepper);
          for (const name of ['production', 'staging']) world.engine.faults.setFault(name, undefined);
          await stepper.until(isAsDesired, 300);

          const rows = await world.store.list('cluster', TENANT);
          for (const row of rows) {
            expect(row.observed.kubernetesVersion).toContain(`v${row.spec.version}.`);
            expect(row.observed).not.toHaveProperty('degraded');
          }
          expect(await world.kept()).toEqual(rows.map(({ uid }) => uid).sort());
          expect((await world.tenant()).observed).toEqual(tenantAllocation(rows));
        }),
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});
