import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { createClient, type Transport } from '@openkupe/sdk';
import { describe, expect, test } from 'vitest';
import { type Cell, drawCell, idealMs, nameOfCell } from './grid-cell.ts';
import { createLimiter } from './limiters.ts';

const CELLS = 24;
const MOST_CALLS = 300;

interface End {
  readonly name: string;
  readonly done: number;
  readonly timesIdeal: number;
  readonly refusedPerCall: number;
  /** Requests that a key sent while a `Retry-After` it had received was not over. */
  readonly sentEarly: number;
}

/** Works through a cell on a manual clock: no timer runs, and the result is the same on every machine. */
async function play(cell: Cell, seed: number): Promise<End> {
  const { limit, change, roundTripMs, keys, callsEach, workersEach } = cell;
  const clock = createManualClock();
  const random = createSeededRandom(seed);
  const take = createLimiter(limit, change);
  const [least, most] = roundTripMs;
  const startedAt = clock.monotonic();
  let refused = 0;
  let done = 0;
  let endedAt = 0;
  let sentEarly = 0;
  const createTransport = (): Transport => {
    let quietUntil = 0;
    return {
      name: 'limited',
      async send() {
        if (clock.monotonic() < quietUntil) sentEarly += 1;
        await clock.sleep((least + (most - least) * random.unit()) / 2);
        const { isAccepted, freeInMs } = take(clock.monotonic() - startedAt);
        if (!isAccepted) refused += 1;
        await clock.sleep((least + (most - least) * random.unit()) / 2);
        const waitS = Math.max(1, Math.ceil(freeInMs / 1_000));
        if (!isAccepted) quietUntil = Math.max(quietUntil, clock.monotonic() + waitS * 1_000);
        const headers = { 'content-type': 'application/json', 'retry-after': String(waitS) };
        const get = (name: string) => headers[name as keyof typeof headers];
        return isAccepted
          ? { status: 200, headers: { get }, text: '{"items":[]}' }
          : { status: 429, headers: { get }, text: '{"error":"Too many requests"}' };
      },
    };
  };
  const key = (index: number) => {
    const options = {
      host: 'https://api.example.test',
      tenant: 'acme',
      apiKey: `kupe_${index}`,
      clock,
      random,
      transport: createTransport(),
    };
    const client = createClient(options);
    let left = callsEach;
    const work = async () => {
      while (left > 0) {
        left -= 1;
        await client.clusters.list().catch(() => (done -= 1));
        done += 1;
        endedAt = clock.monotonic() - startedAt;
      }
    };
    return Promise.all(Array.from({ length: workersEach }, work));
  };
  await clock.runUntil(Promise.all(Array.from({ length: keys }, (_, index) => key(index))));
  const calls = keys * callsEach;
  return { name: nameOfCell(cell), done: done / calls, timesIdeal: endedAt / idealMs(cell), refusedPerCall: refused / calls, sentEarly };
}

const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('the pacer under limits that it does not know', () => {
  test('a small grid is done near its ideal time with few refusals', async () => {
    const ends: End[] = [];
    for (let seed = 1; ends.length < CELLS; seed++) {
      const cell = drawCell(createSeededRandom(seed));
      if (cell.keys * cell.callsEach <= MOST_CALLS) ends.push(await play(cell, seed));
    }
    expect(ends.filter(({ done }) => done < 1)).toEqual([]);
    expect(ends.filter(({ sentEarly }) => sentEarly > 0)).toEqual([]);
    expect(median(ends.map(({ timesIdeal }) => timesIdeal))).toBeLessThan(1.25);
    expect(median(ends.map(({ refusedPerCall }) => refusedPerCall))).toBeLessThan(0.4);
  });
});
