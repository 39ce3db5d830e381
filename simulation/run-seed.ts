import { newApiKey } from '../packages/server/src/auth/new-api-key.ts';
import { newTenantWrite } from '../packages/server/src/tenancy/new-tenant.ts';
import { createAcknowledgedWrites } from './validators/acknowledged.ts';
import { followClusters } from './validators/cluster-model.ts';
import { envelope } from './validators/envelope.ts';
import { editClusters } from './workload/edit-clusters.ts';
import { createProgram, type Program, type Tenancy } from './workload/program.ts';
import { createDice } from './world/dice.ts';
import { createEngine } from './world/engine.ts';
import { takeEventLoop } from './world/event-loop.ts';
import { startFaults } from './world/faults.ts';
import { createObservers, type Violation } from './world/observers.ts';
import { createReplicas, type Replicas } from './world/replica.ts';
import { createSchedule } from './world/schedule.ts';
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
const PROGRAMS = 3;
/** Virtual time in which everything must have settled once the faults have stopped: three leases, and the longest backoff of a work item. */
const SETTLE_MS = 8 * 60_000;

/** Makes a tenant with an admin key, straight in the store. */
async function createTenant(world: World, host: StoreHost, replicas: Replicas, tenant: string): Promise<Tenancy> {
  const [replica] = replicas.alive;
  if (!replica) throw new Error('No server runs');
  const { pepper } = replica.plane.ports;
  const random = world.dice.named(tenant);
  const contactEmail = `owner@${tenant}.example`;
  const write = newTenantWrite(random, { name: tenant, displayName: tenant, contactEmail, plan: 'pro' });
  const key = newApiKey({ random, pepper }, tenant, { displayName: 'first', role: 'admin', createdBy: contactEmail });
  await host.store.commit({ at: replica.plane.ports.clock.now(), writes: [write, key.write] });
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

function startPrograms(world: World, replicas: Replicas, tenancy: Tenancy, first: number): Program[] {
  return Array.from({ length: PROGRAMS }, (_, index) => {
    const program = createProgram(world, replicas, tenancy, 'editor', first + index);
    editClusters(program, tenancy).catch((error: unknown) => world.observers.fail('program', error));
    return program;
  });
}

async function simulate(world: World, host: StoreHost, { steps }: RunOptions): Promise<void> {
  const { schedule, observers, loop } = world;
  const engine = createEngine(world);
  const { model, validators } = followClusters();
  observers.add(...validators, createAcknowledgedWrites(model, host), envelope);
  const replicas = createReplicas(world, host, engine);
  await replicas.start();
  const tenancies = [];
  for (const tenant of ['acme', 'globex']) tenancies.push(await loop.waitFor(createTenant(world, host, replicas, tenant)));
  const programs = tenancies.flatMap((tenancy, index) => startPrograms(world, replicas, tenancy, 1 + index * PROGRAMS));
  startFaults(world, replicas);
  const end = schedule.steps + steps;
  await play(world, Number.POSITIVE_INFINITY, () => schedule.steps >= end);
  world.weather = calm(world.weather);
  for (const { sender } of programs) sender.isAlive = false;
  await play(world, schedule.nowMs + SETTLE_MS, () => false);
  if (!observers.violation) await loop.waitFor(observers.settled());
  for (const replica of replicas.alive) replica.isAlive = false;
}

/** Plays one world from its seed to its end. */
export async function runSeed(seed: number, options: RunOptions): Promise<SeedResult> {
  const loop = takeEventLoop();
  const dice = createDice(seed);
  const schedule = createSchedule();
  const trace = createTrace(KEPT_LINES, options.show);
  const world: World = { loop, schedule, dice, trace, observers: createObservers(), weather: drawWeather(dice) };
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
