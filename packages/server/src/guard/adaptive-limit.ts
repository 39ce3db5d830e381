/**
 * How many requests may run at the same time, learned from how long they take (Netflix's Gradient2, with the corrections its users asked
 * for): latency against its own long mean tells when a queue builds somewhere; a probe for more is added only while it does not, so that
 * the limit cannot climb for ever; what was rejected is no sample; the baseline rises only while nobody is refused, or a lasting overload
 * would become what is normal. The delay of the event
 * loop is the second signal: it sees the queue that latencies inside the process cannot.
 */
export interface AdaptiveLimit {
  /** Requests that may run at the same time now. */
  readonly limit: number;
  /** Takes one finished request into account. */
  sample(durationMs: number, inFlight: number): void;
  /** Notes that somebody was refused. */
  refused(): void;
}

export interface AdaptiveLimitOptions {
  readonly initial: number;
  readonly least: number;
  readonly most: number;
  /** The event loop's 99th percentile delay in milliseconds. */
  readonly loopDelayMs: () => number;
}

/** Latency may rise to this multiple of its long mean before anything is taken back. */
const TOLERANCE = 1.5;
const LEAST_GRADIENT = 0.5;
const PROBE = 4;
const SMOOTHING = 0.2;
const LONG_WEIGHT = 1 / 600;
/** Samples that one step of the limit rests on. */
const WINDOW = 20;
const DRIFTED = 2;
const DRIFT_DECAY = 0.95;
/** Beyond this delay the process has more to do than it can. */
const LOOP_DELAY_TARGET_MS = 50;

export function createAdaptiveLimit(options: AdaptiveLimitOptions): AdaptiveLimit {
  let limit = options.initial;
  let longMs = 0;
  /** The baseline at the last step. */
  let heldMs = 0;
  let sumMs = 0;
  let count = 0;
  let busiest = 0;
  let hasRefused = false;

  const gradient = (shortMs: number) => {
    const byLatency = (TOLERANCE * longMs) / Math.max(shortMs, Number.EPSILON);
    const byLoop = LOOP_DELAY_TARGET_MS / Math.max(options.loopDelayMs(), 1);
    return Math.max(LEAST_GRADIENT, Math.min(1, byLatency, byLoop));
  };
  const step = () => {
    const shortMs = sumMs / count;
    const slope = gradient(shortMs);
    // At its least the limit cannot fall any further: what is slow there is slow by itself.
    if (hasRefused && limit > options.least && shortMs > longMs) longMs = heldMs;
    if (longMs / shortMs > DRIFTED) longMs *= DRIFT_DECAY;
    heldMs = longMs;
    hasRefused = false;
    // Whoever does not use half of the limit has proved nothing about more of it.
    const isProven = busiest >= limit / 2;
    const wanted = slope === 1 ? (isProven ? limit + PROBE : limit) : limit * slope;
    limit = Math.min(options.most, Math.max(options.least, limit * (1 - SMOOTHING) + wanted * SMOOTHING));
    sumMs = 0;
    count = 0;
    busiest = 0;
  };

  return {
    get limit() {
      return Math.floor(limit);
    },
    sample(durationMs, inFlight) {
      longMs = longMs === 0 ? durationMs : longMs + LONG_WEIGHT * (durationMs - longMs);
      sumMs += durationMs;
      count += 1;
      busiest = Math.max(busiest, inFlight);
      if (count >= WINDOW) step();
    },
    refused() {
      hasRefused = true;
    },
  };
}
