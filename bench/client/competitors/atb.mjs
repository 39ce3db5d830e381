import { fetchInit, fetchOver, HOST, okOf } from './network.mjs';

/** Rates are kept to a hundredth of a token per second, as in the authors' program. */
const round = (rate) => Math.round(rate * 100) / 100;
const LEAST = 0.01;

/**
 * The adaptive token bucket of Farkiani, Liu, Crowley, "Rethinking HTTP API Rate Limiting: A Client-Side Approach" (arXiv 2510.04516):
 * a client sends at the rate of its bucket, one request at a time, the same one until it is served; a success multiplies the
 * rate, by one step below the rate of the last refusal and by another above; a refusal halves it and empties the bucket. It reads no
 * `Retry-After` and never gives up. Built from the authors' published program (its `ATB.py` and the parameters of its configuration:
 * bucket of 40, one token at first, 40 a minute at first, 300 as the first congestion rate, both steps 1.2).
 */
export function atb(send) {
  const fetch = fetchOver(send);
  const bucket = { size: 40, tokens: 1, rate: 40 / 60, congestion: 300, usedAt: performance.now() };
  let line = Promise.resolve();

  const acquire = async () => {
    const generated = ((performance.now() - bucket.usedAt) / 1_000) * bucket.rate;
    bucket.tokens = Math.min(bucket.size, bucket.tokens + generated);
    if (bucket.tokens < 1) await new Promise((resolve) => setTimeout(resolve, ((1 - bucket.tokens) / bucket.rate) * 1_000));
    bucket.tokens = Math.max(0, bucket.tokens - 1);
    bucket.usedAt = performance.now();
  };
  const serve = async ({ path, ...given }) => {
    for (;;) {
      await acquire();
      const response = await fetch(HOST + path, fetchInit(given));
      if (response.status !== 429) {
        const step = bucket.rate < bucket.congestion ? 1.2 : 1.2;
        bucket.rate = round(Math.max(bucket.rate + LEAST, bucket.rate * step));
        return okOf(response);
      }
      bucket.congestion = bucket.rate;
      bucket.rate = Math.max(LEAST, round(bucket.rate / 2));
      bucket.tokens = 0;
    }
  };
  return (given) => {
    const served = line.then(() => serve(given));
    line = served.catch(() => {});
    return served;
  };
}
