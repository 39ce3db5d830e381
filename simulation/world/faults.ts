import type { Machine } from './process-clock.ts';
import type { Replica, Replicas } from './replica.ts';
import { note, type World } from './world.ts';

/** How wrong the wall clock of a machine gets at most: a day, either way. */
const LARGEST_ERROR_MS = 86_400_000;

/** Half of the pauses of a server outlast a lease. */
const SHORT_PAUSE_MS = 5_000;
const [LEASE_MS, LONGEST_PAUSE_MS] = [30_000, 60_000];

/** Crashes, pauses and stops servers, and sets the clocks of their machines, at times drawn from the weather. */
export function startFaults(world: World, replicas: Replicas & { readonly machines: readonly Machine[] }): void {
  const { schedule } = world;
  const dice = world.dice.named('faults');

  function again(meanMs: () => number, what: string, act: () => void): void {
    const inMs = -Math.log(1 - dice.unit()) * meanMs();
    if (!Number.isFinite(inMs)) return;
    schedule.after(Math.ceil(inMs), undefined, what, () => {
      if (!Number.isFinite(meanMs())) return;
      act();
      again(meanMs, what, act);
    });
  }
  const withOne = (act: (replica: Replica) => void) => () => {
    const [first, ...rest] = replicas.alive;
    if (first) act(dice.pick([first, ...rest]));
  };
  const pause = (replica: Replica) => {
    const lengthMs = dice.chance(0.5) ? dice.between(1, SHORT_PAUSE_MS) : dice.between(LEASE_MS, LONGEST_PAUSE_MS);
    note(world, replica, `pauses for ${lengthMs} ms`);
    replica.pausedFromMs = schedule.nowMs;
    replica.pausedUntilMs = schedule.nowMs + lengthMs;
  };
  again(() => world.weather.crashEveryMs, 'crash', withOne(replicas.crash));
  again(() => world.weather.pauseEveryMs, 'pause', withOne(pause));
  again(() => world.weather.stopEveryMs, 'stop', withOne(replicas.stop));
  again(
    () => world.weather.clockJumpEveryMs,
    'clock jump',
    () => {
      const [first, ...rest] = replicas.machines;
      if (!first) return;
      const machine = dice.pick([first, ...rest]);
      machine.wallOffsetMs = dice.between(-1, 1) * dice.between(0, LARGEST_ERROR_MS);
      note(world, undefined, `a wall clock is now wrong by ${machine.wallOffsetMs} ms`);
    },
  );
}
