import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedAt, charge, isDue, toGcra } from './gcra.ts';
import { createSharedWorld, type Weather } from './testing/shared-world.ts';

const STEP_MS = 10;
const GREEDY = '192.0.2.1';
const POLITE = '192.0.2.2';
/** Weather that all nodes have alike, and weather that only some may have. */
const COMMON = ['calm', 'often', 'stalled', 'emptied'] as const;
const PARTIAL = ['slow', 'lossy', 'cut off'] as const;

interface Story {
  readonly nodes: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly burstSeconds: number;
  /** Of every three seconds the greedy caller is quiet for this long. */
  readonly quietMs: number;
  readonly weathers: readonly Weather[];
}

const storyOf = (kinds: readonly Weather['kind'][]) =>
  fc.record<Story>({
    nodes: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
    perSecond: fc.integer({ min: 5, max: 50 }),
    burstSeconds: fc.double({ min: 1, max: 3, noNaN: true }),
    quietMs: fc.constantFrom(0, 1000, 2000),
    weathers: fc.array(fc.record({ kind: fc.constantFrom(...kinds), forMs: fc.integer({ min: 50, max: 3000 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
  });

/**
 * Lives through a story. One caller takes whatever it gets, at all nodes; another one uses half the limit, in bursts of half the burst, at
 * any node. `excess` is the most that the first one ever got beyond the rate that was enforced.
 */
async function live({ nodes, seed, perSecond, burstSeconds, quietMs, weathers }: Story) {
  const burst = Math.ceil(perSecond * burstSeconds);
  const limit = { name: 'address', perSecond, burst, horizonMs: 60_000 };
  const half = toGcra({ ...limit, perSecond: perSecond / 2, burst: Math.max(1, Math.floor(burst / 2)) });
  const world = createSharedWorld({ nodes, limit, seed });
  const { clock, random } = world;
  let weather: Weather['kind'] = 'calm';
  let [excess, backlog, admitted, refused, politeTatMs] = [0, 0, 0, 0, 0];

  const ask = (address: string) => world.pick().admit({ address }).isAdmitted;
  const step = () => {
    const now = clock.monotonic();
    // Nodes that reach the store enforce the limit together, each other one its share. When none does, the shares are the limit.
    const isPartial = PARTIAL.some((kind) => kind === weather);
    const rate = perSecond * (isPartial ? 1 + world.alone() / nodes : 1);
    backlog = Math.max(0, backlog - (rate * STEP_MS) / 1000);
    for (let request = 0; request < 3; request += 1) {
      if (now % 3000 < quietMs || !ask(GREEDY)) continue;
      admitted += 1;
      backlog += 1;
    }
    excess = Math.max(excess, backlog);
    if (random.unit() >= 0.02) return;
    for (; isDue(allowedAt(half, politeTatMs, now), now); politeTatMs = charge(half, politeTatMs, now)) if (!ask(POLITE)) refused += 1;
  };
  const pass = async (forMs: number) => {
    for (let passedMs = 0; passedMs < forMs; passedMs += STEP_MS) {
      step();
      await clock.advance(STEP_MS);
    }
  };

  await pass(1000);
  for (const { kind, forMs } of weathers) {
    weather = kind;
    world.turn(kind);
    await pass(forMs);
  }
  weather = 'lossy'; // Until all have found back some are alone.
  world.turn('calm');
  await pass(1500);
  weather = 'calm';
  const alone = world.alone();
  refused = 0;
  // What was given away too much has come back after this.
  await pass(nodes * burstSeconds * 1000 + 1000);
  admitted = 0;
  await pass(3000);
  world.stop();
  // A request more or less at every node is a matter of the moment at which one begins to count.
  const missing = (3 - quietMs / 1000) * perSecond * 0.95 - nodes - admitted;
  return { alone, refused, missing, excess, bound: nodes * burst + perSecond + nodes };
}

describe('nodes that share a limit, whatever happens to their exchanges', () => {
  it.each<[string, readonly Weather['kind'][]]>([
    ['to all alike', COMMON],
    ['to some and not to others', [...COMMON, ...PARTIAL]],
  ])(
    '%s: admit no more than the bound, and afterwards all of the limit and every polite caller',
    async (_whom, kinds) => {
      await fc.assert(
        fc.asyncProperty(storyOf(kinds), async (story) => {
          const { alone, refused, missing, excess, bound } = await live(story);
          expect(excess).toBeLessThanOrEqual(bound);
          expect({ alone, refused }).toEqual({ alone: 0, refused: 0 });
          expect(missing).toBeLessThanOrEqual(0);
        }),
        { numRuns: 30 },
      );
    },
    60_000,
  );
});
