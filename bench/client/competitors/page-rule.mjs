import { fetchInit, fetchOver, HOST, StatusError } from './network.mjs';

const RETRYABLE = [429, 500, 503];

function wait(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The page's own rule, as its text and its script have it: no more, no less. */
export function pageRule(send) {
  const fetch = fetchOver(send);
  return async ({ path, ...given }) => {
    const isRepeatable = given.method === 'GET' || given.method === 'DELETE' || (given.method === 'PATCH' && given.ifMatch);
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(HOST + path, fetchInit(given)).catch((error) => error);
      if (response.ok) return response.text();
      const isWorth = response instanceof Error || RETRYABLE.includes(response.status);
      if (!isRepeatable || !isWorth || attempt >= 5) throw response instanceof Error ? response : new StatusError(response.status);
      const announced = response instanceof Error ? null : response.headers.get('retry-after');
      if (response.status === 429) await wait(Number(announced ?? 5) * 1_000);
      else await wait(Math.random() * Math.min(30_000, 1_000 * 2 ** (attempt - 1)));
    }
  };
}
