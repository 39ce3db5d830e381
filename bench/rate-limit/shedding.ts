import type { Overload } from '../../packages/server/src/overload/overload.ts';

/** How the server sheds load: as it does, by one cap for all priorities, or not at all. */
export type Shedding = 'by priority' | 'one cap' | 'none';

const NOTHING = () => {};

/** The three kinds, of which the first is the server's own. */
export function sheddingKinds(own: Overload): Readonly<Record<Shedding, Overload>> {
  const admit = () => ({ isAdmitted: true, suspend: NOTHING, resume: () => undefined, [Symbol.dispose]: NOTHING }) as const;
  return {
    'by priority': own,
    'one cap': { ...own, admit: (request) => own.admit({ ...request, priority: 'read' }) },
    none: { ...own, admit },
  };
}
