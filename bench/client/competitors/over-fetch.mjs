import { retry as cockatielRetry, ExponentialBackoff, handleAll } from 'cockatiel';
import fetchRetry from 'fetch-retry';
import kyClient from 'ky';
import OpenAI from 'openai';
import pRetry from 'p-retry';
import Stripe from 'stripe';
import { fetchInit, fetchOver, HOST, okOf } from './network.mjs';

export function openai(send) {
  const client = new OpenAI({ apiKey: 'k', baseURL: HOST, fetch: fetchOver(send) });
  return ({ method, path, ifMatch, body, signal }) =>
    client[method.toLowerCase()](path, { headers: ifMatch ? { 'if-match': ifMatch } : {}, body, signal });
}

/** It has no PATCH, no headers of the caller's and no signal. */
export function stripe(send) {
  const client = new Stripe('sk_test', { httpClient: Stripe.createFetchHttpClient(fetchOver(send)), telemetry: false });
  return ({ method, path, body }) => client.rawRequest(method, path, method === 'GET' ? undefined : body);
}

export function ky(send) {
  const client = kyClient.create({ fetch: fetchOver(send) });
  return ({ path, ...given }) => client(HOST + path, fetchInit(given)).text();
}

const once = (send) => {
  const fetch = fetchOver(send);
  return ({ path, ...given }) => fetch(HOST + path, fetchInit(given)).then(okOf);
};

/** Its own defaults: 11 attempts, 1 s doubling without a limit and without jitter. */
export function withPRetry(send) {
  const call = once(send);
  return (given) => pRetry(() => call(given), { signal: given.signal });
}

/** Configured as the errors page asks: 5 attempts, jitter, at most 30 s. */
export function withPRetryByThePage(send) {
  const call = once(send);
  return (given) => pRetry(() => call(given), { retries: 4, randomize: true, maxTimeout: 30_000, signal: given.signal });
}

/** The example of its manual with the page's 5 attempts instead of 4; it has no default number. */
export function cockatiel(send) {
  const call = once(send);
  const policy = cockatielRetry(handleAll, { maxAttempts: 4, backoff: new ExponentialBackoff() });
  return (given) => policy.execute(() => call(given), given.signal);
}

/** By default it repeats after network errors only; here it is given the page's statuses, in the way its manual shows. */
export function withFetchRetry(send) {
  const fetch = fetchRetry(fetchOver(send), { retryOn: [429, 500, 503] });
  return ({ path, ...given }) => fetch(HOST + path, fetchInit(given)).then(okOf);
}
