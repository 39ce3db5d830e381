import type { Dice } from './dice.ts';
import type { EventLoop } from './event-loop.ts';
import type { Observers } from './observers.ts';
import type { Owner, Schedule } from './schedule.ts';
import type { Trace } from './trace.ts';
import type { Weather } from './weather.ts';

/** What every part of a simulated world shares. */
export interface World {
  readonly loop: EventLoop;
  readonly schedule: Schedule;
  readonly dice: Dice;
  readonly trace: Trace;
  readonly observers: Observers;
  /** The present weather. */
  weather: Weather;
  /** The faults have stopped. */
  isCalm: boolean;
}

/** Adds a line to the trace: when, who, what. */
export function note({ schedule, trace }: Pick<World, 'schedule' | 'trace'>, owner: Pick<Owner, 'name'> | undefined, what: string): void {
  trace.add(`${(schedule.nowMs / 1000).toFixed(3)} ${owner?.name ?? '-'} ${what}`);
}
