import type { Clock, Random } from '@openkupe/contract';
import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { createGuard, SHARING } from '../create-guard.ts';
import type { RateLimit } from '../gcra.ts';
import type { SharedStore, Telling } from '../shared-store.ts';
import { createExchangeMirror } from './exchange-mirror.ts';

/** What happens to the exchanges for a while. */
export interface Weather {
  readonly kind: 'calm' | 'slow' | 'lossy' | 'often' | 'stalled' | 'emptied' | 'cut off';
  readonly forMs: number;
}

/** The longest way there, or back, and how often a message is lost, or how often it is executed again later. */
const WAY_MS = { usual: 15, slow: 400 } as const;
const LOST = 0.3;
const AGAIN = 3;
const LATEST_AGAIN_MS = 3000;

/** Nodes with clocks of their own, a store with another, and a network between them that has weather. In virtual time. */
export function createSharedWorld(options: { nodes: number; limit: RateLimit; seed: number }) {
  const clock = createManualClock();
  const random = createSeededRandom(options.seed);
  const mirror = createExchangeMirror();
  let weather: Weather['kind'] = 'calm';
  let held: (() => void)[] = [];
  const way = () => clock.sleep(random.unit() * (weather === 'slow' ? WAY_MS.slow : WAY_MS.usual));
  // A store whose clock runs a fiftieth of a per cent fast.
  const storeNow = () => 1_700_000_000_000 + clock.monotonic() * 1.0002;
  const execute = async (telling: Telling) => {
    if (weather === 'stalled') await new Promise<void>((resolve) => held.push(resolve));
    return mirror.run(telling, storeNow());
  };
  const never = () => new Promise<never>(() => {});
  const networkOf = (node: number): SharedStore => ({
    async exchange(telling) {
      if (weather === 'cut off' && node === 0) return never();
      const isLossy = weather === 'lossy';
      await way();
      if (isLossy && random.unit() < LOST) return never();
      for (let again = 0; again < AGAIN && weather === 'often'; again += 1) {
        void clock.sleep(random.unit() * LATEST_AGAIN_MS).then(() => execute(telling));
      }
      const answer = await execute(telling);
      if (isLossy && random.unit() < LOST) return never();
      await way();
      return answer;
    },
    close() {},
  });

  const nodes = Array.from({ length: options.nodes }, (_, node) => {
    const startMs = random.unit() * 1e6;
    const own: Clock = { ...clock, monotonic: () => startMs + clock.monotonic() * (1 + node * 1e-4) };
    const sharing = { ...SHARING, clock: own, store: networkOf(node), servers: options.nodes };
    return createGuard({ clock: own, random: nodeRandom(random), limits: { address: options.limit, addresses: 1024 }, sharing });
  });
  const stopping = new AbortController();
  for (const { sharing } of nodes) void sharing?.run(stopping.signal);

  return {
    clock,
    random,
    nodes,
    pick: () => nodes[Math.floor(random.unit() * nodes.length)] as (typeof nodes)[number],
    /** Nodes that enforce their share, because they do not reach the store. */
    alone: () => nodes.filter(({ sharing }) => sharing?.state !== 'shared').length,
    turn(kind: Weather['kind']) {
      weather = kind;
      if (kind === 'emptied') mirror.flush();
      if (kind === 'stalled') return;
      // Everything that was held is executed at once.
      for (const go of held) go();
      held = [];
    },
    stop: () => stopping.abort(),
  };
}

function nodeRandom(random: Random): Random {
  return createSeededRandom(Math.floor(random.unit() * 2 ** 31));
}
