import type { ResponseHeaders } from '../transport/transport.ts';

const MOST_ITEMS = 8;
/** However little is announced, something is sent after this long: a refusal would say more, and says it truly. */
const LONGEST_WAIT_MS = 60_000;

/** The items of a `RateLimit` or `RateLimit-Policy` list: the whole-number parameters of each by its name. */
function readItems(header: string | null | undefined): Map<string, Readonly<Record<string, number>>> {
  const items = new Map<string, Record<string, number>>();
  for (const part of (header ?? '').split(',').slice(0, MOST_ITEMS)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const numbers: Record<string, number> = {};
    for (const parameter of parameters) {
      const found = /^(\w+)=(\d{1,9})$/.exec(parameter);
      if (found) numbers[found[1] ?? ''] = Number(found[2]);
    }
    items.set(name.replace(/^"|"$/g, ''), numbers);
  }
  return items;
}

/**
 * What the server says is left, kept as a bucket that refills at the announced rate, so that the first refusal need not happen.
 * `RateLimit: "name";r=50;t=30` and `RateLimit-Policy: "name";q=100;w=5` of draft-ietf-httpapi-ratelimit-headers.
 */
export interface Quota {
  /** Takes over what the headers of an answer announce; `inFlight` requests may not be in its count yet. Unreadable fields change nothing. */
  observe(headers: ResponseHeaders, inFlight: number, nowMs: number): void;
  /** Milliseconds until one more request is covered. */
  waitMs(nowMs: number): number;
  spend(nowMs: number): void;
}

export function createQuota(): Quota {
  let perMs = 0;
  let level = Number.POSITIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  let atMs = 0;
  let heldUntil = 0;
  const refill = (nowMs: number) => {
    if (nowMs <= atMs) return;
    level = Math.min(most, level + (nowMs - atMs) * perMs);
    atMs = nowMs;
  };
  return {
    observe(headers, inFlight, nowMs) {
      const policies = readItems(headers.get('ratelimit-policy'));
      let tightest = Number.POSITIVE_INFINITY;
      for (const [name, { r, t = 0 }] of readItems(headers.get('ratelimit'))) {
        const { q = 0, w = 0 } = policies.get(name) ?? {};
        if (r === undefined || q < 1 || w < 1) continue;
        if (tightest === Number.POSITIVE_INFINITY) heldUntil = 0;
        // NOTE: a window that opens all at once says so by a `t` that is longer than a steady refill would take for one.
        const heldMs = r === 0 && t > Math.ceil(w / q) ? t * 1_000 : 0;
        heldUntil = Math.max(heldUntil, heldMs > 0 ? nowMs + Math.min(LONGEST_WAIT_MS, heldMs) : 0);
        const left = heldMs === 0 ? r - inFlight : heldMs > LONGEST_WAIT_MS ? 1 : q;
        if (left >= tightest) continue;
        tightest = left;
        level = left;
        perMs = Math.max(q / (w * 1_000), 1 / LONGEST_WAIT_MS);
        most = q;
        // NOTE: nothing comes back before the window opens.
        atMs = Math.max(nowMs, heldUntil);
      }
    },
    waitMs(nowMs) {
      refill(nowMs);
      return Math.max(0, heldUntil - nowMs, level >= 1 ? 0 : Math.min(LONGEST_WAIT_MS, (1 - level) / perMs));
    },
    spend(nowMs) {
      refill(nowMs);
      level -= 1;
    },
  };
}
