import type { Random } from '@openkupe/contract/random';
import type { Contestant, Send, SimResponse } from './exchange.ts';
import type { Measures, Trial } from './measure.ts';
import { createRandomRefusals } from './random-headers.ts';
import { elapsedMs, runVirtual, sleep } from './virtual-time.ts';

const SKEW_MS = 3 * 3_600_000;
const date = (ms: number) => new Date(ms).toUTCString();

/** What a header says, and how long it asks to wait; `undefined` when it says nothing that can be obeyed. */
const HEADERS: readonly { header: () => Record<string, string>; askedMs?: number }[] = [
  { header: () => ({ 'retry-after': '2' }), askedMs: 2_000 },
  { header: () => ({ 'retry-after': '1.5' }), askedMs: 1_500 },
  { header: () => ({ 'retry-after': '45' }), askedMs: 45_000 },
  { header: () => ({ 'retry-after': '90' }), askedMs: 90_000 },
  { header: () => ({ 'retry-after': '259200' }), askedMs: 259_200_000 },
  { header: () => ({ 'retry-after': date(Date.now() + 5_000), date: date(Date.now()) }), askedMs: 4_000 },
  { header: () => ({ 'retry-after': date(Date.now() + SKEW_MS + 5_000), date: date(Date.now() + SKEW_MS) }), askedMs: 4_000 },
  { header: () => ({ 'retry-after': date(Date.now() - 60_000) }) },
  { header: () => ({ 'retry-after': '-5' }) },
  { header: () => ({ 'retry-after': 'soon' }) },
  { header: () => ({ 'retry-after': '9'.repeat(400) }) },
  { header: () => ({ 'retry-after': '1e9' }) },
  { header: () => ({ 'retry-after': 'NaN', ratelimit: '"a";r=-1;t=x', 'ratelimit-policy': ';;,=' }) },
  { header: () => ({ ratelimit: '"a";r=0;t=999999999', 'ratelimit-policy': '"a";q=1;w=999999999' }) },
];

/** A silent wait that is longer than this leaves a person wondering. */
const LONGEST_SILENCE_MS = 121_000;
/** Our patience of a minute and the jitter on top of it: no client waits for longer at a stretch without saying so. */
const LONGEST_WAIT_MS = 61_000;
const WATCHED_MS = 86_400_000;
const SEQUENCES = 50;
const MOST_REFUSALS = 3;
/** What a header must never make a client throw: these are mistakes in a program, not answers. */
const MISTAKES = [TypeError, RangeError, SyntaxError, ReferenceError];

interface Wait {
  readonly askedMs: number | undefined;
  /** From the answer to the next request, or to the end of the call. */
  readonly waitedMs: number;
  readonly isRepeated: boolean;
}

interface Treatment {
  readonly waits: readonly Wait[];
  /** `Infinity` when it had not ended after a day. */
  readonly tookMs: number;
  readonly crashes: number;
}

/** One call that is refused in the given ways before it succeeds, and how the client took it. */
async function treat(
  contestant: Contestant,
  seed: number,
  refusals: readonly (() => SimResponse & { askedMs?: number | undefined })[],
): Promise<Treatment> {
  const sentAt: number[] = [];
  const answers: { atMs: number; askedMs: number | undefined }[] = [];
  const send: Send = async () => {
    sentAt.push(elapsedMs());
    const refuse = refusals[sentAt.length - 1];
    await sleep(1);
    if (!refuse) return { status: 200, headers: {}, body: '{"items":[]}' };
    const { askedMs, ...response } = refuse();
    answers.push({ atMs: elapsedMs(), askedMs });
    return response;
  };
  const startedAt = elapsedMs();
  let endedAt = Number.POSITIVE_INFINITY;
  let crashes = 0;
  const isMistake = (error: unknown) => MISTAKES.some((Mistake) => error instanceof Mistake);
  const onUnhandled = () => {
    crashes += 1;
  };
  process.on('unhandledRejection', onUnhandled);
  await runVirtual(async () => {
    const client = contestant.create(send, seed);
    await Promise.resolve(client({ method: 'GET', path: '/api/v1/tenants/acme/clusters' })).catch((error: unknown) => {
      if (isMistake(error)) crashes += 1;
    });
    endedAt = elapsedMs();
  }, WATCHED_MS);
  process.off('unhandledRejection', onUnhandled);
  const waits = answers.map(({ atMs, askedMs }, index) => {
    const next = sentAt[index + 1];
    return { askedMs, waitedMs: (next ?? endedAt) - atMs, isRepeated: next !== undefined };
  });
  return { waits, tookMs: endedAt - startedAt, crashes };
}

const isEarly = ({ askedMs, waitedMs, isRepeated }: Wait) => isRepeated && askedMs !== undefined && waitedMs < askedMs;

async function everyKind(contestant: Contestant, seed: number): Promise<Measures> {
  const treatments: Treatment[] = [];
  for (const { header, askedMs } of HEADERS) {
    const refusal = () => ({ status: 429, headers: header(), body: '{"error":"Too many requests"}', askedMs });
    treatments.push(await treat(contestant, seed, [refusal]));
  }
  const waits = treatments.flatMap((treatment) => treatment.waits);
  return {
    'returned too early': waits.filter(isEarly).length,
    'waited as asked': waits.filter((wait) => wait.isRepeated && wait.askedMs !== undefined && !isEarly(wait)).length,
    'silent for over 2 min': treatments.filter(({ tookMs }) => tookMs > LONGEST_SILENCE_MS).length,
    crashes: treatments.reduce((sum, treatment) => sum + treatment.crashes, 0),
  };
}

async function atRandom(contestant: Contestant, seed: number, random: Random): Promise<Measures> {
  const refuse = createRandomRefusals(random);
  const treatments: Treatment[] = [];
  for (let sequence = 0; sequence < SEQUENCES; sequence++) {
    const refusals = Array.from({ length: 1 + Math.floor(MOST_REFUSALS * random.unit()) }, () => () => ({
      ...refuse(Date.now()),
      body: '{"error":"Not now"}',
    }));
    treatments.push(await treat(contestant, seed * 1_000 + sequence, refusals));
  }
  const waits = treatments.flatMap((treatment) => treatment.waits);
  return {
    calls: treatments.length,
    refusals: waits.length,
    'returned too early': waits.filter(isEarly).length,
    'waited over 61 s': waits.filter(({ waitedMs }) => waitedMs > LONGEST_WAIT_MS).length,
    crashes: treatments.reduce((sum, treatment) => sum + treatment.crashes, 0),
  };
}

/** J: refusals with fourteen kinds of header, and with headers made up at random. Returns too early, silent waits, crashes. */
export function hostileTrials(contestants: readonly Contestant[]): Trial[] {
  return contestants.flatMap((contestant): Trial[] => {
    const subject = { group: 'hostile', scenario: 'J', client: contestant.name };
    return [
      { ...subject, circumstances: `${HEADERS.length} kinds of header`, once: (seed) => everyKind(contestant, seed) },
      { ...subject, circumstances: 'random headers', once: (seed, random) => atRandom(contestant, seed, random) },
    ];
  });
}
