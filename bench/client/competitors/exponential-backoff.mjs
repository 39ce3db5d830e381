import { fetchInit, fetchOver, HOST, okOf } from './network.mjs';

const FIRST_WAIT_S = 0.1;
const LONGEST_WAIT_S = 32;

/**
 * Exponential backoff as the same paper (arXiv 2510.04516) compares with, its "unlimited backoff": every request on its own, after the
 * n-th refusal a wait drawn from 0.1 s to the smaller of 2ⁿ − 1 s and about half a minute, without an end and without `Retry-After`.
 */
export function exponentialBackoff(send) {
  const fetch = fetchOver(send);
  return async ({ path, ...given }) => {
    for (let refusals = 1; ; refusals++) {
      const response = await fetch(HOST + path, fetchInit(given));
      if (response.status !== 429) return okOf(response);
      const mostS = Math.min(2 ** refusals - 1, LONGEST_WAIT_S);
      await new Promise((resolve) => setTimeout(resolve, (FIRST_WAIT_S + Math.random() * (mostS - FIRST_WAIT_S)) * 1_000));
    }
  };
}
