/*
 * What each constant is worth: docs/decisions/0033, with cells of the client benchmark's grid (`npm run bench:client -- --only grid,openkupe`).
 */
/** Seconds in which the rate doubles between the first refusal and the second. */
const SEARCH_S = 0.5;
/** Seconds after which the cube of time has doubled the rate, from the second refusal on. */
const PROBE_S = 6;
/** Requests per second by which the rate rises besides in a second, alike for every client that shares a limit. */
const LINEAR = 0.3;
/** Milliseconds after which a rate that grows is computed anew while the next token is waited for. */
const STEP_MS = 100;
const SECOND_MS = 1_000;
/** Rounding errors of sums of tokens stay far below this. */
const NEARLY = 1e-6;

/** A token bucket of one token whose rate grows while requests wait for it. */
export interface GrowingBucket {
  /** Requests per second, without limit until `begin`. */
  readonly rate: number;
  /** Brings the rate up to date. */
  fill(nowMs: number): void;
  /** Milliseconds after which to ask again whether there is a token, 0 when there is one. Time spent waiting makes the rate grow. */
  waitMs(nowMs: number): number;
  /** Takes a token. */
  spend(nowMs: number): void;
  /** From `atMs` on the bucket holds `tokens` and fills at `perSecond`, which grows; `isSearching`: doubling at once. */
  begin(atMs: number, perSecond: number, tokens: number, isSearching: boolean): void;
  /** From now on the rate doubles, unless it does already. */
  search(nowMs: number): void;
}

/** Makes a bucket without limit. */
export function createGrowingBucket(): GrowingBucket {
  let rate = Number.POSITIVE_INFINITY;
  let base = rate;
  /** For how long the rate has grown: seconds, or own calls where those are rarer, so that many slow clients do not all speed up within seconds. */
  let growth = 0;
  let isSearching = false;
  let tokens = rate;
  let filledAt = 0;
  let isWaiting = false;

  const fill = (nowMs: number) => {
    if (nowMs <= filledAt) return;
    const spanS = (nowMs - filledAt) / SECOND_MS;
    tokens = Math.min(Math.max(1, tokens), tokens + spanS * rate);
    if (isWaiting) growth += spanS * Math.min(1, rate);
    rate = isSearching ? base * 2 ** (growth / SEARCH_S) : (base + growth * LINEAR * Math.min(1, base)) * 2 ** ((growth / PROBE_S) ** 3);
    isWaiting = false;
    filledAt = nowMs;
  };
  return {
    get rate() {
      return rate;
    },
    fill,
    waitMs(nowMs) {
      fill(nowMs);
      if (tokens >= 1 - NEARLY) return 0;
      isWaiting = true;
      return Math.min(STEP_MS, ((1 - tokens) / rate) * SECOND_MS);
    },
    spend(nowMs) {
      fill(nowMs);
      tokens -= 1;
    },
    search(nowMs) {
      fill(nowMs);
      if (isSearching) return;
      isSearching = true;
      growth = 0;
      base = rate;
    },
    begin(atMs, perSecond, tokensAtFirst, isSearchingNow) {
      base = perSecond;
      rate = base;
      growth = 0;
      tokens = tokensAtFirst;
      isSearching = isSearchingNow;
      filledAt = atMs;
    },
  };
}
