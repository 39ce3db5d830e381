import type { ResponseHeaders } from '../transport/transport.ts';

const MOST_ITEMS = 8;
/** However long an announced wait is, something is sent after this long: a refusal would say more, and says it truly. */
const LONGEST_WAIT_MS = 60_000;
/** A growth is measured over this time at least, so that the network's jitter is a small part of it. */
const LEAST_SPAN_MS = 1_000;
/** Rounding errors of sums of shares stay far below this. */
const NEARLY = 1e-6;

/**
 * The items of a `RateLimit` or `RateLimit-Policy` list: the whole-number parameters of each by its name, and `qu: 0` where something
 * else than requests is counted.
 */
function readItems(header: string | null | undefined): Map<string, Readonly<Record<string, number>>> {
  const items = new Map<string, Record<string, number>>();
  for (const part of (header ?? '').split(',').slice(0, MOST_ITEMS)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const numbers: Record<string, number> = {};
    for (const parameter of parameters) {
      const found = /^(\w+)=(\d{1,9})$/.exec(parameter);
      if (found) numbers[found[1] ?? ''] = Number(found[2]);
      else if (/^qu=(?!"requests")/.test(parameter)) numbers.qu = 0;
    }
    items.set(name.replace(/^"|"$/g, ''), numbers);
  }
  return items;
}

/**
 * What the server says is left, so that the first refusal need not happen: `RateLimit: "name";r=50;t=30` of
 * draft-ietf-httpapi-ratelimit-headers-11. `r` requests are sent, and then none until `t` seconds have passed. How much there is then is
 * not known: one request is sent as a probe, and the others wait for what its answer announces. A policy (`q` per `w`) says how a quota
 * is measured out and nothing about a pace, so no wait is made of it.
 */
export interface Quota {
  /**
   * Takes over what the headers of an answer announce; `inFlight` requests may not be in its count yet, and a refused one never is.
   * Unreadable fields change nothing.
   */
  observe(headers: ResponseHeaders, inFlight: number, isRefused: boolean, nowMs: number): void;
  /** Milliseconds until one more request is covered. */
  waitMs(nowMs: number): number;
  spend(nowMs: number): void;
}

/** The item that binds: the smallest `r`, and of those with the same the longest `t`. */
function tightest(headers: ResponseHeaders): { readonly name: string; readonly r: number; readonly t: number } | undefined {
  const policies = readItems(headers.get('ratelimit-policy'));
  return [...readItems(headers.get('ratelimit'))]
    .flatMap(([name, { r, t }]) => (r === undefined || t === undefined || policies.get(name)?.qu === 0 ? [] : [{ name, r, t }]))
    .sort((one, other) => one.r - other.r || other.t - one.t)[0];
}

/** Makes a quota that nothing is known of yet. */
export function createQuota(): Quota {
  let left = Number.POSITIVE_INFINITY;
  let atMs = 0;
  let resetMs = 0;
  let resetAt = 0;
  let isProbing = false;
  /** How fast `r` was seen to grow again, and how much of that is relied on until `t` has passed; requests per millisecond. */
  let seenPerMs = 0;
  let perMs = 0;
  let since = { name: '', r: 0, atMs: 0 };
  let countedSince = 0;

  /** NOTE: a refused request is in no count, so a span with one in it would show less than was left. */
  const measure = (name: string, r: number, isRefused: boolean, nowMs: number) => {
    countedSince += 1;
    const isSpan = since.name === name && !isRefused;
    const spanMs = nowMs - since.atMs;
    if (isSpan && spanMs < LEAST_SPAN_MS) return;
    if (isSpan) seenPerMs = Math.max(0, (r - since.r + countedSince) / spanMs);
    since = { name, r, atMs: nowMs };
    countedSince = 0;
  };
  const refill = (nowMs: number) => {
    if (left < 1) left = Math.min(1, left + (nowMs - atMs) * perMs);
    atMs = nowMs;
  };
  return {
    observe(headers, inFlight, isRefused, nowMs) {
      const item = tightest(headers);
      if (item) {
        const { name, r, t } = item;
        measure(name, r, isRefused, nowMs);
        refill(nowMs);
        // NOTE: answers overtake each other: an earlier count may show more than there still is. So each gives back what its own request
        // had taken, at most; more than that comes by a probe, or when `t` has passed.
        left = Math.min(isProbing || nowMs >= resetAt ? Number.POSITIVE_INFINITY : left + 1, r - inFlight);
        // NOTE: a request that only those in flight leave uncovered waits for their answers, a second at most where `t` is 0.
        resetMs = Math.min(LONGEST_WAIT_MS, Math.max(1, t) * 1_000);
        resetAt = r === 0 && t === 0 ? nowMs : nowMs + resetMs;
        // NOTE: `t` is rounded up to whole seconds; one that is longer than that says that nothing comes back before.
        perMs = t * 1_000 < 1 / seenPerMs + 1_000 ? seenPerMs : 0;
      } else if (isProbing || nowMs >= resetAt) left = Number.POSITIVE_INFINITY;
      isProbing = false;
    },
    waitMs(nowMs) {
      if (left >= 1) return 0;
      const refilledAt = perMs > 0 ? atMs + (1 - left) / perMs : resetAt;
      return Math.max(0, Math.min(refilledAt, resetAt) - nowMs);
    },
    spend(nowMs) {
      refill(nowMs);
      left -= 1;
      if (left > -NEARLY) return;
      isProbing = true;
      resetAt = nowMs + resetMs;
    },
  };
}
