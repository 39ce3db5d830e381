/**
 * How many requests may run at the same time, learned from how long they take (Netflix's Gradient2, with the corrections its users asked
 * for). A request is compared with others of its kind: latency against its own long mean tells when a queue builds somewhere, and a stretch
 * of writes after a stretch of reads tells nothing. A probe for more is added only while no queue builds, so that the limit cannot climb
 * for ever; what was rejected is no sample; the baseline rises only while nobody is refused, or a lasting overload would become what is
 * normal. A limit that is not used is not blamed: below half of it nothing is taken back or added, and it drifts to where it began, so that
 * a calm process is ready for what comes. The delay of the event loop is the second signal: it sees the queue that latencies inside the
 * process cannot.
 */
export interface AdaptiveLimit {
  /** Requests that may run at the same time now. */
  readonly limit: number;
  /** Takes one finished request into account. */
  sample(finished: FinishedRequest): void;
  /** Notes that somebody was refused. */
  refused(): void;
  /** Notes how many run at this moment. */
  notice(inFlight: number, nowMs: number): void;
}

export interface FinishedRequest {
  /** What it is compared with: others of its kind. One of a fixed set of words. */
  readonly kind: string;
  readonly durationMs: number;
  /** How many ran when it finished, itself included. */
  readonly inFlight: number;
  readonly nowMs: number;
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
/** One step of the limit rests on so many samples and so much time at least: a burst is no overload, and is over within a few steps. */
const WINDOW = { samples: 20, ms: 100 } as const;
const DRIFTED = 2;
const DRIFT_DECAY = 0.95;
/** Differences below it are those of the machine. */
const NOISE_MS = 1;
/** Nobody who is answered within this time has to be refused, however much sooner the answer came before. */
const GOOD_ENOUGH_MS = 100;
/** Beyond this delay the process has more to do than it can. */
const LOOP_DELAY_TARGET_MS = 100;
/** The share of the limit that has to be in use for anything to be learned about it. */
const PROVING_SHARE = 0.5;
/** A limit that is not used is two thirds of the way back to where it began after this time. */
const FORGETTING_MS = 10_000;

/** The long mean of one kind, and what it was at the last step. */
interface Baseline {
  longMs: number;
  heldMs: number;
}

export function createAdaptiveLimit(options: AdaptiveLimitOptions): AdaptiveLimit {
  let limit = options.initial;
  const baselines = new Map<string, Baseline>();
  const touched = new Set<Baseline>();
  let sumMs = 0;
  let expectedMs = 0;
  let count = 0;
  let busiest = 0;
  let hasRefused = false;
  let noticedMs = 0;
  let steppedMs = 0;

  /** Whether so many at once tell anything about the limit. */
  const isProof = (inFlight: number) => inFlight >= Math.floor(limit) * PROVING_SHARE;
  const gradient = () => {
    const byLatency = Math.max(TOLERANCE * expectedMs, GOOD_ENOUGH_MS * count) / sumMs;
    const byLoop = LOOP_DELAY_TARGET_MS / Math.max(options.loopDelayMs(), 1);
    return Math.max(LEAST_GRADIENT, Math.min(1, byLatency, byLoop));
  };
  const settleBaselines = (slowness: number) => {
    // At its least the limit cannot fall any further: what is slow there is slow by itself.
    const isHeld = hasRefused && limit > options.least && slowness > 1;
    for (const baseline of touched) {
      if (isHeld) baseline.longMs = baseline.heldMs;
      if (slowness * DRIFTED < 1) baseline.longMs *= DRIFT_DECAY;
      baseline.heldMs = baseline.longMs;
    }
    touched.clear();
  };
  const step = () => {
    const slowness = sumMs / expectedMs;
    const slope = gradient();
    settleBaselines(slowness);
    if (isProof(busiest)) {
      const wanted = slope === 1 ? limit + PROBE : limit * slope;
      limit = Math.min(options.most, Math.max(options.least, limit * (1 - SMOOTHING) + wanted * SMOOTHING));
    }
    hasRefused = false;
    sumMs = 0;
    expectedMs = 0;
    count = 0;
    busiest = 0;
  };

  return {
    get limit() {
      return Math.floor(limit);
    },
    sample({ kind, durationMs, inFlight, nowMs }) {
      let baseline = baselines.get(kind);
      if (!baseline) {
        baseline = { longMs: durationMs, heldMs: durationMs };
        baselines.set(kind, baseline);
      }
      baseline.longMs += LONG_WEIGHT * (durationMs - baseline.longMs);
      touched.add(baseline);
      sumMs += Math.max(durationMs, NOISE_MS);
      expectedMs += Math.max(baseline.longMs, NOISE_MS);
      count += 1;
      busiest = Math.max(busiest, inFlight);
      if (count < WINDOW.samples || nowMs - steppedMs < WINDOW.ms) return;
      steppedMs = nowMs;
      step();
    },
    refused() {
      hasRefused = true;
    },
    notice(inFlight, nowMs) {
      const sinceMs = nowMs - noticedMs;
      noticedMs = nowMs;
      if (!isProof(inFlight)) limit += (options.initial - limit) * (1 - Math.exp(-sinceMs / FORGETTING_MS));
    },
  };
}
