import { systemClock } from '../../packages/contract/src/index.ts';
import { createOverload, type Overload } from '../../packages/server/src/overload/overload.ts';

/** How the server sheds load: as it does, by nothing but its cap on what runs at the same time, or not at all. */
export type Shedding = 'caps and delay' | 'cap' | 'none';

const NOTHING = () => {};

/** The three kinds, of which the first is the server's own. */
export function sheddingKinds(own: Overload): Readonly<Record<Shedding, Overload>> {
  const admit = () => ({ isAdmitted: true, suspend: NOTHING, resume: () => undefined, [Symbol.dispose]: NOTHING }) as const;
  return {
    'caps and delay': own,
    cap: createOverload({ clock: systemClock, delayMs: () => 0 }),
    none: { caps: own.caps, counters: own.counters, running: 0, admit },
  };
}
