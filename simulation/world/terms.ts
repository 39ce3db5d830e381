import type { BeginTerm } from '../../packages/server/src/store/term.ts';
import { createProcessClock } from './process-clock.ts';
import type { Owner } from './schedule.ts';
import { note, type World } from './world.ts';

/** How often a process that waits asks for the lock. */
const ASK_MS = 250;
/** A database ends the session of a process that is silent for this long, and with it its lock. */
const SILENT_MS = 25_000;

/** The lock of the database by which one process at a time works on what is due. */
export interface Terms {
  begin(owner: Owner): BeginTerm;
}

interface Holder {
  readonly owner: Owner;
  readonly lost: AbortController;
}

/**
 * The lock as a session has it: the session of a process that died ends at once, that of one that is paused after a while, and any when its
 * connection breaks. Who gets the lock ends all leases first, by `endLeases`.
 */
export function createTerms(world: World, endLeases: () => void): Terms {
  const { schedule } = world;
  const dice = world.dice.named('terms');
  let holder: Holder | undefined;

  function endSession({ owner, lost }: Holder): void {
    note(world, owner, 'loses its term');
    holder = undefined;
    schedule.after(dice.between(0, world.weather.storeMs), owner, 'the term is lost', () => lost.abort('lost'));
  }
  function endIfGone(): void {
    if (!holder) return;
    const { isAlive, pausedFromMs = 0, pausedUntilMs = 0 } = holder.owner;
    if (!isAlive) holder = undefined;
    else if (pausedUntilMs > schedule.nowMs && schedule.nowMs - pausedFromMs > SILENT_MS) endSession(holder);
  }
  function hold(owner: Owner) {
    const own: Holder = { owner, lost: new AbortController() };
    holder = own;
    note(world, owner, 'begins a term');
    endLeases();
    if (dice.chance(world.weather.lostTerm)) {
      schedule.after(dice.between(1_000, 120_000), owner, 'the session breaks', () => {
        if (holder === own) endSession(own);
      });
    }
    const end = async () => {
      if (holder === own) holder = undefined;
    };
    return { lost: own.lost.signal, end };
  }
  return {
    begin: (owner) => {
      const clock = createProcessClock(schedule, owner, { wallOffsetMs: 0 });
      return async (signal) => {
        for (;;) {
          await clock.sleep(ASK_MS, signal).catch(() => {});
          if (signal.aborted) return undefined;
          endIfGone();
          if (!holder) return hold(owner);
        }
      };
    },
  };
}
