import { describe } from 'vitest';
import { NEEDS_KUBERNETES, programsOf } from '../../../../../conformance/kubernetes/programs.ts';
import { describeEngine } from '../engine-conformance.ts';
import { startLocalWorld } from './testing/local-world.ts';

const PROGRAMS = programsOf('l1', 'v135');
/** While it starts, runs, is upgraded, and is deleted. */
const RESTARTS = [4, 7, 10, 16];

describe.skipIf(!PROGRAMS)(`on real programs ${NEEDS_KUBERNETES}`, () => {
  describeEngine(
    'local',
    async () => {
      const world = await startLocalWorld(PROGRAMS ?? '');
      const refs = ['uid-one', 'uid-two'].map((uid) => ({ tenant: 'acme', name: 'production', uid, type: 'shared' }) as const);
      return {
        current: () => world.engine,
        restart: () => world.restart(),
        async elapse() {
          for (const ref of refs) await world.until(ref, ({ exists, isRolledOut }) => !exists || isRolledOut);
        },
        end: () => world.end(),
      };
    },
    { restartsAt: RESTARTS, storyMs: 600_000 },
  );
});
