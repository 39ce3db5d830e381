import type { Contestant, Send } from './exchange.ts';
import { overSeeds, type Row } from './measure.ts';
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

/** J: one 429 with each of many headers, then a success. Returns too early, silent waits, and crashes are counted. */
export async function hostileHeaders(contestants: readonly Contestant[], seeds: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const contestant of contestants)
    rows.push(
      await overSeeds(
        { scenario: 'J', circumstances: `${HEADERS.length} kinds of header`, client: contestant.name, seeds },
        async (seed) => {
          let early = 0;
          let silent = 0;
          let obeyed = 0;
          for (const { header, askedMs } of HEADERS) {
            const sentAt: number[] = [];
            const startedAt = elapsedMs();
            let endedAt: number | undefined;
            const send: Send = async () => {
              sentAt.push(elapsedMs());
              await sleep(1);
              if (sentAt.length > 1) return { status: 200, headers: {}, body: '{"items":[]}' };
              return { status: 429, headers: header(), body: '{"error":"Too many requests"}' };
            };
            await runVirtual(async () => {
              const client = contestant.create(send, seed);
              await Promise.resolve(client({ method: 'GET', path: '/api/v1/tenants/acme/clusters' })).catch(() => undefined);
              endedAt = elapsedMs();
            }, 86_400_000);
            const [first = startedAt, second] = sentAt;
            if (askedMs !== undefined && second !== undefined && second - first < askedMs) early += 1;
            else if (askedMs !== undefined && second !== undefined) obeyed += 1;
            if ((endedAt ?? Number.POSITIVE_INFINITY) - startedAt > LONGEST_SILENCE_MS) silent += 1;
          }
          return { 'returned too early': early, 'waited as asked': obeyed, 'silent for over 2 min': silent };
        },
      ),
    );
  return rows;
}
