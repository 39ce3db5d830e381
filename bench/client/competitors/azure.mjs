import { createEmptyPipeline, createHttpHeaders, createPipelineRequest, defaultRetryPolicy, RestError } from '@azure/core-rest-pipeline';
import { fetchInit, HOST, StatusError, untilAborted } from './network.mjs';

/** The pipeline with the retry policy that every client of the family has by default. */
export function azure(send) {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(defaultRetryPolicy());
  const httpClient = {
    async sendRequest(request) {
      const { method, body, abortSignal: signal } = request;
      const sent = send({ method, path: new URL(request.url).pathname, headers: request.headers.toJSON(), body, signal });
      try {
        const { status, headers, body: text } = await untilAborted(signal, sent);
        return { request, status, headers: createHttpHeaders(headers), bodyAsText: text };
      } catch (error) {
        // NOTE: the policy repeats errors of this class only; the family's own HTTP client wraps those of the socket in it.
        if (signal?.aborted) throw error;
        throw new RestError(error.message, { code: error.code ?? RestError.REQUEST_SEND_ERROR, request });
      }
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
