import { Dispatcher, RetryAgent, request } from 'undici';
import { fetchInit, HOST, StatusError } from './network.mjs';

/** undici's dispatcher on the simulated network. */
class SimulatedDispatcher extends Dispatcher {
  constructor(send) {
    super();
    this.send = send;
  }

  dispatch({ method, path, headers, body }, handler) {
    const lost = new AbortController();
    let isOver = false;
    const controller = {
      paused: false,
      aborted: false,
      reason: null,
      pause() {},
      resume() {},
      abort(reason) {
        if (this.aborted) return;
        this.aborted = true;
        this.reason = reason;
        lost.abort(reason);
        // NOTE: as with its own connections, aborting a request that was answered does nothing more.
        if (!isOver) handler.onResponseError?.(this, reason);
      },
    };
    const fail = (reason) => {
      isOver = true;
      if (!controller.aborted) handler.onResponseError?.(controller, reason);
    };
    const answer = ({ status, headers: answered, body: text }) => {
      if (controller.aborted) return;
      isOver = true;
      handler.onResponseStart?.(controller, status, answered, '');
      if (controller.aborted) return;
      handler.onResponseData?.(controller, Buffer.from(text));
      handler.onResponseEnd?.(controller, {});
    };
    handler.onRequestStart?.(controller, {});
    if (controller.aborted) return true;
    this.send({ method, path, headers: headers ?? {}, body, signal: lost.signal })
      .then(answer)
      .catch(fail);
    return true;
  }

  async close() {}
  async destroy() {}
}

/** The agent that retries, as it is. */
export function undici(send) {
  const dispatcher = new RetryAgent(new SimulatedDispatcher(send));
  return async ({ path, ...given }) => {
    const response = await request(HOST + path, { ...fetchInit(given), dispatcher });
    const text = await response.body.text();
    if (response.statusCode >= 400) throw new StatusError(response.statusCode);
    return text;
  };
}
