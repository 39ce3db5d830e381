/** The item of a `RateLimit` or `RateLimit-Policy` list: a name and its whole-number parameters. */
interface QuotaItem {
  readonly name: string;
  readonly numbers: Readonly<Record<string, number>>;
}

const MOST_ITEMS = 8;
/** However little is announced, something is sent after this long: a refusal would say more, and says it truly. */
const LONGEST_WAIT_MS = 60_000;

function readItems(header: string | null | undefined): QuotaItem[] {
  const items: QuotaItem[] = [];
  for (const part of (header ?? '').split(',').slice(0, MOST_ITEMS)) {
    const found = /^\s*"?([\w-]{1,64})"?\s*((?:;\s*\w+=[^;]*)*)\s*$/.exec(part);
    if (!found) continue;
    const numbers: Record<string, number> = {};
    for (const [, key = '', value] of (found[2] ?? '').matchAll(/;\s*(\w+)=(\d{1,9})\b/g)) numbers[key] = Number(value);
    items.push({ name: found[1] ?? '', numbers });
  }
  return items;
}

/**
 * What the server says is left, kept as a bucket that refills at the announced rate, so that the first refusal need not happen.
 * `RateLimit: "name";r=50;t=30` and `RateLimit-Policy: "name";q=100;w=5` of draft-ietf-httpapi-ratelimit-headers.
 */
export class Quota {
  /** Requests per millisecond. */
  private perMs = 0;
  private level = Number.POSITIVE_INFINITY;
  private most = Number.POSITIVE_INFINITY;
  private atMs = 0;
  private heldUntil = 0;

  get isKnown(): boolean {
    return this.perMs > 0;
  }

  /** Takes over what an answer announces; `inFlight` requests may not be in its count yet. Unreadable fields change nothing. */
  observe(fields: { limit: string | null | undefined; policy: string | null | undefined }, inFlight: number, nowMs: number): void {
    const states = readItems(fields.limit);
    if (states.length === 0) return;
    const policies = new Map(readItems(fields.policy).map(({ name, numbers }) => [name, numbers]));
    let tightest: { level: number; perMs: number; most: number; holdMs: number } | undefined;
    for (const { name, numbers } of states) {
      const { q = 0, w = 0 } = policies.get(name) ?? {};
      const { r, t = 0 } = numbers;
      if (r === undefined || q < 1 || w < 1) continue;
      const level = r - inFlight;
      // NOTE: a window that opens all at once says so by a `t` that is longer than a steady refill would take for one.
      const holdMs = r === 0 && t > Math.ceil(w / q) ? t * 1_000 : 0;
      if (!tightest || level < tightest.level)
        tightest = { level: holdMs > 0 ? q : level, perMs: Math.max(q / (w * 1_000), 1 / LONGEST_WAIT_MS), most: q, holdMs };
    }
    if (!tightest) return;
    this.perMs = tightest.perMs;
    this.level = tightest.level;
    this.most = tightest.most;
    this.heldUntil = nowMs + Math.min(LONGEST_WAIT_MS, tightest.holdMs);
    this.atMs = nowMs;
  }

  /** Milliseconds until one more request is covered. */
  waitMs(nowMs: number): number {
    if (!this.isKnown) return 0;
    this.refill(nowMs);
    const refillMs = this.level >= 1 ? 0 : (1 - this.level) / this.perMs;
    return Math.max(this.heldUntil - nowMs, refillMs);
  }

  spend(nowMs: number): void {
    if (!this.isKnown) return;
    this.refill(nowMs);
    this.level -= 1;
  }

  private refill(nowMs: number): void {
    this.level = Math.min(this.most, this.level + (nowMs - this.atMs) * this.perMs);
    this.atMs = nowMs;
  }
}
