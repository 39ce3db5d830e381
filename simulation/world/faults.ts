import type { Machine } from './process-clock.ts';
import type { Replicas } from './replica.ts';
import { note, type World } from './world.ts';

/** How wrong the wall clock of a machine gets at most: a day, either way. */
const LARGEST_ERROR_MS = 86_400_000;

/** Crashes servers and sets the clocks of their machines, at times drawn from the weather. */
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
  again(
    () => world.weather.crashEveryMs,
    'crash',
    () => {
      const [first, ...rest] = replicas.alive;
      if (first) replicas.crash(dice.pick([first, ...rest]));
    },
  );
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
