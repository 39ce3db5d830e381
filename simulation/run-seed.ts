import { newApiKey } from '../packages/server/src/auth/new-api-key.ts';
import { newTenantWrite } from '../packages/server/src/tenancy/new-tenant.ts';
import { createAcknowledgedWrites } from './validators/acknowledged.ts';
import { followClusters } from './validators/cluster-model.ts';
import { createConvergence } from './validators/convergence.ts';
import { envelope } from './validators/envelope.ts';
import { createEventOrder } from './validators/events.ts';
import { createFences } from './validators/fences.ts';
import { createAtMostOnce, createRevokedKeys } from './validators/keys.ts';
import { createLedger } from './validators/ledger.ts';
import { createLimiterPromise } from './validators/limiter-promise.ts';
import { createQuota } from './validators/quota.ts';
import { createTenantSeparation } from './validators/tenants.ts';
import { createVersions } from './validators/versions.ts';
import { editClusters } from './workload/edit-clusters.ts';
import { followEvents } from './workload/follow-events.ts';
import { intrude } from './workload/intrude.ts';
import { createProgram, type Program, type Tenancy } from './workload/program.ts';
import { useKeys } from './workload/use-keys.ts';
import { createDice } from './world/dice.ts';
import { createEngine, type SimulatedEngine } from './world/engine.ts';
import { takeEventLoop } from './world/event-loop.ts';
import { startFaults } from './world/faults.ts';
import { createObservers, type Violation } from './world/observers.ts';
import { createReplicas, type Replica, type Replicas } from './world/replica.ts';
import { createSchedule, type Owner } from './world/schedule.ts';
import { createStoreHost, type StoreHost } from './world/store-host.ts';
import { createTrace } from './world/trace.ts';
import { calm, drawWeather } from './world/weather.ts';
import type { World } from './world/world.ts';

/** How one seed ended. */
export interface SeedResult {
  readonly seed: number;
  readonly steps: number;
  /** Virtual milliseconds that passed. */
  readonly virtualMs: number;
  /** Hash of the whole trace. */
  readonly digest: string;
  readonly violation: Violation | undefined;
  /** The last lines of the trace. */
  readonly lastLines: readonly string[];
}

/** What a run may be asked for besides its seed. */
export interface RunOptions {
  /** Steps with faults; those until everything has settled come after them. */
  readonly steps: number;
  /** Called with each line of the trace. */
  readonly show?: (line: string) => void;
}

const KEPT_LINES = 60;
const EDITORS = 3;
/** Virtual time in which everything must have settled once the faults have stopped: three leases, and the longest backoff of a work item. */
const SETTLE_MS = 8 * 60_000;

/** How long work that is due in the end may wait for a server. */
const GRACE_MS = 500;
const GRACE_ROUNDS = 20;

/** The tenants, and their plans: small ones, so that their limits are met. */
const TENANTS = { acme: 'starter', globex: 'pro' } as const;

/** Makes a tenant with an admin key, straight in the store. */
async function createTenant(world: World, host: StoreHost, replica: Replica, tenant: keyof typeof TENANTS): Promise<Tenancy> {
  const { pepper, clock } = replica.plane.ports;
  const random = world.dice.named(tenant);
  const contactEmail = `owner@${tenant}.example`;
  const write = newTenantWrite(random, { name: tenant, displayName: `${tenant}-marker`, contactEmail, plan: TENANTS[tenant] });
  const key = newApiKey({ random, pepper }, tenant, { displayName: 'first', role: 'admin', createdBy: contactEmail });
  const events = [{ key: write.key, type: 'created' as const, message: `Tenant "${tenant}" was created` }];
  await host.store.commit({ at: clock.now(), writes: [write, key.write], events });
  return { tenant, apiKey: key.text, marker: `${tenant}-marker` };
}

/** Lets events happen until `isOver`, or something did not hold. */
async function play(world: World, untilMs: number, isOver: () => boolean): Promise<void> {
  const { loop, schedule, observers } = world;
  while (!observers.violation && !isOver()) {
    const event = schedule.next(untilMs);
    if (!event) return;
    await event.run();
    await loop.settle();
  }
}

/** Starts the clients of a tenant. */
function startPrograms(world: World, replicas: Replicas, tenancy: Tenancy, other: string): Owner[] {
  const start = (kind: string, number: number, run: (program: Program) => Promise<void>) => {
    const program = createProgram(world, replicas, tenancy, kind, number);
    run(program).catch((error: unknown) => world.observers.fail('program', error));
    return program.sender;
  };
  return [
    ...Array.from({ length: EDITORS }, (_, index) => start('editor', index + 1, (program) => editClusters(program, tenancy))),
    start('keys', 11, (program) => useKeys(program, tenancy)),
    start('events', 12, (program) => followEvents(world, program)),
    start('intruder', 13, (program) => intrude(program, other)),
  ];
}

function addValidators(world: World, host: StoreHost, engine: SimulatedEngine, tenancies: readonly Tenancy[]): void {
  const isShared = world.weather.replicas > 1;
  const { model, validators } = followClusters();
  world.observers.add(
    ...validators,
    envelope,
    createVersions(),
    createFences(world.weather),
    createQuota(host),
    createAtMostOnce(),
    createRevokedKeys(isShared),
    createTenantSeparation(tenancies),
    createLimiterPromise(),
    createEventOrder(host),
    createLedger(host, Object.keys(TENANTS)),
    createConvergence(host, engine),
    createAcknowledgedWrites(model, host),
  );
}

async function simulate(world: World, host: StoreHost, { steps }: RunOptions): Promise<void> {
  const { schedule, observers, loop } = world;
  const engine = createEngine(world);
  const replicas = createReplicas(world, host, engine);
  await replicas.start();
  const [replica] = replicas.alive;
  if (!replica) throw new Error('No server runs');
  const acme = await loop.waitFor(createTenant(world, host, replica, 'acme'));
  const globex = await loop.waitFor(createTenant(world, host, replica, 'globex'));
  addValidators(world, host, engine, [acme, globex]);
  const clients = [...startPrograms(world, replicas, acme, 'globex'), ...startPrograms(world, replicas, globex, 'acme')];
  startFaults(world, replicas);
  const end = schedule.steps + steps;
  await play(world, Number.POSITIVE_INFINITY, () => schedule.steps >= end);
  world.weather = calm(world.weather);
  world.isCalm = true;
  await play(world, schedule.nowMs + SETTLE_MS, () => false);
  // NOTE: what became due in this moment is not late yet.
  for (let round = 0; round < GRACE_ROUNDS && (await loop.waitFor(host.store.nextWorkInMs())) === 0; round += 1)
    await play(world, schedule.nowMs + GRACE_MS, () => false);
  if (!observers.violation) await loop.waitFor(observers.settled());
  for (const owner of [...clients, ...replicas.alive]) owner.isAlive = false;
}

/** Plays one world from its seed to its end. */
export async function runSeed(seed: number, options: RunOptions): Promise<SeedResult> {
  const loop = takeEventLoop();
  const dice = createDice(seed);
  const schedule = createSchedule();
  const trace = createTrace(KEPT_LINES, options.show);
  const world: World = { loop, schedule, dice, trace, observers: createObservers(), weather: drawWeather(dice), isCalm: false };
  trace.add(`seed ${seed}: ${JSON.stringify(world.weather)}`);
  try {
    const host = await createStoreHost(world);
    try {
      await simulate(world, host, options);
    } finally {
      await host.remove();
    }
    const { violation } = world.observers;
    return { seed, steps: schedule.steps, virtualMs: schedule.nowMs, digest: trace.digest(), violation, lastLines: [...trace.last] };
  } finally {
    loop.release();
  }
}
