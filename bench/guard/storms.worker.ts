/**
 * The guard's Retry-After in virtual time, beside the same limit that tells everybody when the next request is possible. Given: seeds.
 * Prints JSON.
 */
import { createSeededRandom } from '../../packages/contract/src/testing/seeded-random.ts';
import { createGuard, guardLimits } from '../../packages/server/src/rate-limit/create-guard.ts';
import { allowedAt, charge, isDue, type RateLimit, toGcra, waitMs } from '../../packages/server/src/rate-limit/gcra.ts';
import { runStorm, type Storm } from '../../packages/server/src/rate-limit/testing/storm.ts';
import { type Spread, spreadOf } from '../harness/statistics.ts';

const [seedsText = '20'] = process.argv.slice(2);
const SEEDS = Number(seedsText);
const ATTEMPTS = 5;

const limitOf = (perSecond: number, burst: number): RateLimit => ({ name: 'address', perSecond, burst, horizonMs: 60_000 });
const LIMITS: readonly { readonly limit: RateLimit; readonly calls: number }[] = [
  { limit: limitOf(10, 10), calls: 300 },
  { limit: limitOf(10, 11), calls: 300 },
  { limit: limitOf(20, 100), calls: 700 },
  { limit: limitOf(1, 5), calls: 45 },
];
const WEATHERS: Readonly<Record<string, Omit<Storm, 'calls' | 'attempts'>>> = {
  'within 0.1 s, up to 20 ms late': { spreadMs: 100, lateMs: 20 },
  'within 0.1 s, up to 100 ms late': { spreadMs: 100, lateMs: 100 },
  'within 0.1 s, every fifth second stalls up to 100 ms': { spreadMs: 100, lateMs: 20, stalls: { share: 0.2, lateMs: 100 } },
  'within 1 s, up to 100 ms late': { spreadMs: 1000, lateMs: 100 },
};

type Ask = (caller: number, nowMs: number) => number;

function guardRule(limit: RateLimit, seed: number): Ask {
  let nowMs = 0;
  const clock = { monotonic: () => nowMs };
  const limits = { ...guardLimits({ address: limit }), addresses: 4096 };
  const guard = createGuard({ clock, random: createSeededRandom(seed), limits });
  return (_caller, atMs) => {
    nowMs = atMs;
    return Number(guard.admit({ address: '192.0.2.1' }).headers['retry-after'] ?? 0);
  };
}

/** What a limiter without reservation tells: true for whoever comes first, and the same for all. */
function nextTokenRule(limit: RateLimit): Ask {
  const gcra = toGcra(limit);
  let tatMs = 0;
  return (_caller, nowMs) => {
    const freeMs = allowedAt(gcra, tatMs, nowMs);
    if (!isDue(freeMs, nowMs)) return Math.max(1, Math.ceil(waitMs(freeMs, nowMs) / 1000));
    tatMs = charge(gcra, tatMs, nowMs);
    return 0;
  };
}

interface Row {
  readonly limit: string;
  readonly weather: string;
  readonly rule: string;
  readonly servedShare: Spread;
  readonly ofIdeal: Spread;
  readonly truth: Spread;
  readonly refusedPerCall: Spread;
}

const rows: Row[] = [];
for (const { limit, calls } of LIMITS) {
  for (const [weather, circumstances] of Object.entries(WEATHERS)) {
    for (const rule of ['openkupe', 'the next token']) {
      const outcomes = Array.from({ length: SEEDS }, (_, at) => {
        const ask = rule === 'openkupe' ? guardRule(limit, at + 1) : nextTokenRule(limit);
        return runStorm({ ...circumstances, calls, attempts: ATTEMPTS }, createSeededRandom(at + 1), ask);
      });
      const idealSeconds = (calls - limit.burst) / limit.perSecond;
      rows.push({
        limit: `${calls} calls, ${limit.perSecond}/s, burst ${limit.burst}`,
        weather,
        rule,
        servedShare: spreadOf(outcomes.map(({ served }) => served / calls)),
        ofIdeal: spreadOf(outcomes.map(({ seconds }) => seconds / idealSeconds)),
        truth: spreadOf(outcomes.map(({ truth }) => truth)),
        refusedPerCall: spreadOf(outcomes.map(({ refusedPerCall }) => refusedPerCall)),
      });
    }
  }
}
console.log(JSON.stringify(rows));
