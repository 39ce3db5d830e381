/**
 * The clients that we are measured against: their real code, unchanged, with their own defaults, on the simulated network. Each entry
 * makes a client with a state of its own. Import this after virtual time is installed.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createEmptyPipeline, createHttpHeaders, createPipelineRequest, defaultRetryPolicy } from '@azure/core-rest-pipeline';
import { Octokit } from '@octokit/core';
import { retry as octokitRetry } from '@octokit/plugin-retry';
import { throttling as octokitThrottling } from '@octokit/plugin-throttling';
import axios, { AxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import Bottleneck from 'bottleneck';
import { retry as cockatielRetry, ExponentialBackoff, handleAll } from 'cockatiel';
import fetchRetry from 'fetch-retry';
import ky from 'ky';
import OpenAI from 'openai';
import pRetry from 'p-retry';
import Stripe from 'stripe';
import { Dispatcher, RetryAgent, request as undiciRequest } from 'undici';
import { sleep } from './virtual-time.ts';

const HOST = 'https://api.example.test';
const require = createRequire(import.meta.url);

function versionOf(name) {
  const root = require.resolve.paths(name).find((folder) => {
    try {
      readFileSync(`${folder}/${name}/package.json`);
      return true;
    } catch {
      return false;
    }
  });
  return JSON.parse(readFileSync(`${root}/${name}/package.json`, 'utf8')).version;
}

function untilAborted(signal, work) {
  if (!signal) return work;
  if (signal.aborted) return Promise.reject(signal.reason);
  return Promise.race([work, new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))]);
}

/** `fetch` on the simulated network. */
export function fetchOver(send) {
  return async (input, init = {}) => {
    const request = input instanceof Request ? input : undefined;
    const { pathname: path } = new URL(request?.url ?? String(input));
    const headers = Object.fromEntries(new Headers(request?.headers ?? init.headers));
    const method = (request?.method ?? init.method ?? 'GET').toUpperCase();
    const signal = init.signal ?? request?.signal ?? undefined;
    const body = request ? await request.text() : init.body;
    try {
      const response = await untilAborted(signal, send({ method, path, headers, body: body || undefined, signal }));
      return new Response(response.status === 204 ? null : response.body, { status: response.status, headers: response.headers });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new TypeError('fetch failed', { cause: error });
    }
  };
}

class StatusError extends Error {
  constructor(status) {
    super(`Status ${status}`);
    this.status = status;
  }
}

async function okOf(response) {
  if (!response.ok) throw new StatusError(response.status);
  return response.text();
}

function fetchInit({ method, ifMatch, body, signal }) {
  const headers = { ...(ifMatch ? { 'if-match': ifMatch } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
  return { method, headers, ...(body ? { body: JSON.stringify(body) } : {}), ...(signal ? { signal } : {}) };
}

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>a</Arn><UserId>u</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

function aws(retryMode) {
  return (send) => {
    const handle = async (_request, { abortSignal } = {}) => {
      const { status, headers } = await untilAborted(abortSignal, send({ method: 'GET', path: '/', headers: {} }));
      const text = status < 300 ? IDENTITY : '<ErrorResponse><Error><Code>Refused</Code><Message>no</Message></Error></ErrorResponse>';
      return {
        response: { statusCode: status, headers: { ...headers, 'content-type': 'text/xml' }, body: Readable.from([Buffer.from(text)]) },
      };
    };
    const client = new STSClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      requestHandler: { handle, metadata: { handlerProtocol: 'h1' } },
      retryMode,
    });
    return ({ signal }) => client.send(new GetCallerIdentityCommand({}), { abortSignal: signal });
  };
}

function azure(send) {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(defaultRetryPolicy());
  const httpClient = {
    async sendRequest(request) {
      const headers = request.headers.toJSON();
      const {
        status,
        headers: answered,
        body,
      } = await untilAborted(
        request.abortSignal,
        send({ method: request.method, path: new URL(request.url).pathname, headers, body: request.body }),
      );
      return { request, status, headers: createHttpHeaders(answered), bodyAsText: body };
    },
  };
  return async ({ path, signal, ...given }) => {
    const { method, headers, body } = fetchInit(given);
    const request = createPipelineRequest({ url: HOST + path, method, headers: createHttpHeaders(headers), body, abortSignal: signal });
    const response = await pipeline.sendRequest(httpClient, request);
    if (response.status >= 400) throw new StatusError(response.status);
    return response.bodyAsText;
  };
}

function openai(send) {
  const client = new OpenAI({ apiKey: 'k', baseURL: HOST, fetch: fetchOver(send) });
  return ({ method, path, ifMatch, body, signal }) =>
    client[method.toLowerCase()](path, { headers: ifMatch ? { 'if-match': ifMatch } : {}, body, signal });
}

function stripe(send) {
  const client = new Stripe('sk_test', { httpClient: Stripe.createFetchHttpClient(fetchOver(send)), telemetry: false });
  return ({ method, path, body }) => client.rawRequest(method, path, method === 'GET' ? undefined : body);
}

let octokits = 0;

function octokit(plugins, throttle) {
  const Client = Octokit.plugin(...plugins);
  return (send) => {
    // NOTE: without an id of its own every instance would share one queue, which no two processes do.
    octokits += 1;
    const options = throttle ? { throttle: { ...throttle, id: `client-${octokits}` } } : {};
    const quiet = () => {};
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const client = new Client({ baseUrl: HOST, request: { fetch: fetchOver(send) }, log, ...options });
    return ({ method, path, ifMatch, body, signal }) =>
      client.request(`${method} ${path}`, {
        ...body,
        headers: ifMatch ? { 'if-match': ifMatch } : {},
        request: { fetch: fetchOver(send), signal },
      });
  };
}

function withKy(send) {
  const client = ky.create({ fetch: fetchOver(send) });
  return ({ path, ...given }) => client(HOST + path, { ...fetchInit(given), timeout: false }).text();
}

function withAxios(send) {
  const adapter = async (config) => {
    try {
      const { status, headers, body } = await untilAborted(
        config.signal,
        send({
          method: config.method.toUpperCase(),
          path: new URL(config.url).pathname,
          headers: { ...config.headers },
          body: config.data,
        }),
      );
      const response = { status, headers, data: body, config, request: {}, statusText: '' };
      if (status < 400) return response;
      throw new AxiosError(`Status ${status}`, 'ERR_BAD_RESPONSE', config, {}, response);
    } catch (error) {
      if (error instanceof AxiosError || config.signal?.aborted) throw error;
      throw new AxiosError('network', error.code, config, {});
    }
  };
  const client = axios.create({ adapter });
  axiosRetry(client);
  return ({ path, ...given }) => {
    const { method, headers, body, signal } = fetchInit(given);
    return client.request({ url: HOST + path, method, headers, data: body, signal });
  };
}

/** undici's dispatcher on the simulated network. */
class SimDispatcher extends Dispatcher {
  constructor(send) {
    super();
    this.send = send;
  }

  dispatch(options, handler) {
    const controller = {
      paused: false,
      aborted: false,
      reason: null,
      pause() {},
      resume() {},
      abort(reason) {
        this.aborted = true;
        this.reason = reason;
      },
    };
    handler.onRequestStart?.(controller, {});
    this.send({ method: options.method, path: options.path, headers: options.headers ?? {}, body: options.body }).then(
      ({ status, headers, body }) => {
        if (controller.aborted) return handler.onResponseError?.(controller, controller.reason);
        try {
          handler.onResponseStart?.(controller, status, headers, '');
          if (controller.aborted) return handler.onResponseError?.(controller, controller.reason);
          handler.onResponseData?.(controller, Buffer.from(body));
          handler.onResponseEnd?.(controller, {});
        } catch (error) {
          handler.onResponseError?.(controller, error);
        }
      },
      (error) => handler.onResponseError?.(controller, error),
    );
    return true;
  }

  async close() {}
  async destroy() {}
}

function undici(send) {
  const dispatcher = new RetryAgent(new SimDispatcher(send));
  return async ({ path, ...given }) => {
    const response = await undiciRequest(HOST + path, { ...fetchInit(given), dispatcher });
    const text = await response.body.text();
    if (response.statusCode >= 400) throw new StatusError(response.statusCode);
    return text;
  };
}

const once = (send) => {
  const fetch = fetchOver(send);
  return ({ path, ...given }) => fetch(HOST + path, fetchInit(given)).then(okOf);
};

function withPRetry(send) {
  const call = once(send);
  return (given) => pRetry(() => call(given), { retries: 4, randomize: true, signal: given.signal });
}

function cockatiel(send) {
  const call = once(send);
  const policy = cockatielRetry(handleAll, { maxAttempts: 4, backoff: new ExponentialBackoff() });
  return (given) => policy.execute(() => call(given), given.signal);
}

function withFetchRetry(send) {
  const fetch = fetchRetry(fetchOver(send), { retryOn: [429, 500, 503] });
  return ({ path, ...given }) => fetch(HOST + path, fetchInit(given)).then(okOf);
}

/** Not a rival but a yardstick: a queue that was told the limit beforehand. It repeats nothing. */
function bottleneck(send, _seed, limit) {
  const call = once(send);
  if (!limit) return call;
  const { perSecond, sharers = 1 } = limit;
  const limiter = new Bottleneck({ minTime: (1_000 * sharers) / perSecond });
  return (given) => limiter.schedule(() => call(given));
}

/** The page's own rule, as its text and its script have it: no more, no less. */
function page(send) {
  const fetch = fetchOver(send);
  return async ({ path, ...given }) => {
    const isRepeatable = given.method === 'GET' || given.method === 'DELETE' || (given.method === 'PATCH' && given.ifMatch);
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(HOST + path, fetchInit(given)).catch((error) => error);
      if (response.ok) return response.text();
      const isWorth = response instanceof Error || [429, 500, 503].includes(response.status);
      if (!isRepeatable || !isWorth || attempt >= 5) throw response instanceof Error ? response : new StatusError(response.status);
      const told = response instanceof Error ? null : response.headers.get('retry-after');
      if (response.status === 429) await sleep(Number(told ?? 5) * 1_000);
      else await sleep(Math.random() * Math.min(30_000, 1_000 * 2 ** (attempt - 1)));
    }
  };
}

const entry = (name, packageName, create) => ({ name, version: packageName ? versionOf(packageName) : '', create });

export const competitors = [
  entry('page rule', undefined, page),
  entry('aws standard', '@aws-sdk/client-sts', aws('standard')),
  entry('aws adaptive', '@aws-sdk/client-sts', aws('adaptive')),
  entry('azure', '@azure/core-rest-pipeline', azure),
  entry('openai', 'openai', openai),
  entry('stripe', 'stripe', stripe),
  entry('octokit retry', '@octokit/plugin-retry', octokit([octokitRetry])),
  entry(
    'octokit retry+throttling',
    '@octokit/plugin-throttling',
    octokit([octokitRetry, octokitThrottling], { onRateLimit: () => true, onSecondaryRateLimit: () => true }),
  ),
  entry('ky', 'ky', withKy),
  entry('axios-retry', 'axios-retry', withAxios),
  entry('undici', 'undici', undici),
  entry('p-retry', 'p-retry', withPRetry),
  entry('cockatiel', 'cockatiel', cockatiel),
  entry('fetch-retry', 'fetch-retry', withFetchRetry),
  entry('bottleneck, told the limit', 'bottleneck', bottleneck),
];
