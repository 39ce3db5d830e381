import { Octokit } from '@octokit/core';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { fetchOver, HOST } from './network.mjs';

let clients = 0;

function octokit(plugins, throttle) {
  const Client = Octokit.plugin(...plugins);
  return (send) => {
    // NOTE: without an id of its own every instance would share one queue, which no two processes do.
    clients += 1;
    const options = throttle ? { throttle: { ...throttle, id: `client-${clients}` } } : {};
    const quiet = () => {};
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const fetch = fetchOver(send);
    const client = new Client({ baseUrl: HOST, request: { fetch }, log, ...options });
    return ({ method, path, ifMatch, body, signal }) =>
      client.request(`${method} ${path}`, { ...body, headers: ifMatch ? { 'if-match': ifMatch } : {}, request: { fetch, signal } });
  };
}

/** The retry plugin as it is. */
export const withRetry = octokit([retry]);

/**
 * Both plugins. The throttling needs a callback for what to do at a limit; its manual's example repeats once, ours always does. It makes no
 * difference here: it knows its own API's 429 by their text and by `x-ratelimit-remaining`, and leaves any other to the retry plugin.
 */
export const withRetryAndThrottling = octokit([retry, throttling], { onRateLimit: () => true, onSecondaryRateLimit: () => true });
