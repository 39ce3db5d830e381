import { readConfig } from '../../packages/server/src/config/config.ts';
import { type ControlPlane, compose } from '../../packages/server/src/start/compose.ts';
import type { SimulatedEngine } from './engine.ts';
import { createProcessClock, type Machine } from './process-clock.ts';
import type { Owner } from './schedule.ts';
import type { StoreHost } from './store-host.ts';
import { note, type World } from './world.ts';

/** One server: a process between its start and its crash. */
export interface Replica extends Owner {
  readonly plane: ControlPlane;
  /** Breaks the connection of each request that is in the server. */
  readonly connections: Set<() => void>;
  isStopping: boolean;
}

/** The machines that servers run on, one server each at most. */
export interface Replicas {
  /** Those that run. */
  readonly alive: readonly Replica[];
  /** Starts a server on every machine. */
  start(): Promise<void>;
  /** Ends one at once, with everything in it; it starts again after a while. */
  crash(replica: Replica): void;
  /** Asks one to stop, as SIGTERM does; it starts again after a while. */
  stop(replica: Replica): void;
}

/** How long a server that stops lets requests finish. */
const DRAIN_MS = 10_000;

interface Slot {
  readonly machine: Machine;
  replica: Replica | undefined;
  starts: number;
}

function configFor(world: World, folder: string) {
  const { ratePerSecond } = world.weather;
  const settings = {
    OPENKUPE_DATA: folder,
    OPENKUPE_LOG_LEVEL: 'silent',
    OPENKUPE_RATE_LIMIT_PER_SECOND: String(ratePerSecond),
    OPENKUPE_RATE_LIMIT_BURST: String(ratePerSecond),
    OPENKUPE_RATE_LIMIT_ADDRESSES: '1024',
  };
  return readConfig([], settings, folder);
}

/** Machines without servers. `store` is on all of them, `engine` is beside them. */
export function createReplicas(
  world: World,
  host: StoreHost,
  engine: SimulatedEngine,
): Replicas & { readonly machines: readonly Machine[] } {
  const { schedule, dice } = world;
  const slots: Slot[] = Array.from({ length: world.weather.replicas }, () => ({
    machine: { wallOffsetMs: 0 },
    replica: undefined,
    starts: 0,
  }));

  async function boot(slot: Slot): Promise<void> {
    slot.starts += 1;
    const name = `server${slots.indexOf(slot) + 1}.${slot.starts}`;
    const owner: Owner = { name, isAlive: true };
    const link = await host.link(owner);
    const clock = createProcessClock(schedule, owner, slot.machine);
    const random = dice.named(name);
    const plane = await compose(configFor(world, host.folder), { clock, random, store: link.store, engine: engine.linkTo(owner) });
    slot.replica = Object.assign(owner, { plane, connections: new Set<() => void>(), isStopping: false });
    await plane.start();
    link.connect();
    note(world, owner, 'starts');
  }

  function end(replica: Replica): void {
    const slot = slots.find((one) => one.replica === replica);
    if (!slot) return;
    replica.isAlive = false;
    slot.replica = undefined;
    for (const breakOff of replica.connections) breakOff();
    schedule.after(dice.between(10, 20_000), undefined, 'start a server', () => world.loop.waitFor(boot(slot)));
  }

  return {
    machines: slots.map(({ machine }) => machine),
    get alive() {
      return slots.flatMap(({ replica }) => (replica?.isAlive ? [replica] : []));
    },
    async start() {
      for (const slot of slots) await world.loop.waitFor(boot(slot));
    },
    crash(replica) {
      note(world, replica, 'crashes');
      end(replica);
    },
    stop(replica) {
      if (replica.isStopping) return;
      replica.isStopping = true;
      note(world, replica, 'is asked to stop');
      replica.plane.stop(DRAIN_MS).then(
        () => {
          note(world, replica, 'has stopped');
          end(replica);
        },
        (error) => world.observers.fail('stop', error),
      );
    },
  };
}
