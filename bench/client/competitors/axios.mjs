import axios, { AxiosError, AxiosHeaders } from 'axios';
import axiosRetry from 'axios-retry';
import { fetchInit, HOST, untilAborted } from './network.mjs';

/** axios with an adapter that does what its own does: errors by status with their code, errors of the socket with theirs. */
export function withAxiosRetry(send) {
  const adapter = async (config) => {
    const { method, url, headers, data, signal } = config;
    const request = { method: method.toUpperCase(), path: new URL(url).pathname, headers: { ...headers }, body: data, signal };
    let answer;
    try {
      answer = await untilAborted(signal, send(request));
    } catch (error) {
      if (signal?.aborted) throw error;
      throw AxiosError.from(error, undefined, config, {});
    }
    const { status, body } = answer;
    const response = { status, headers: AxiosHeaders.from(answer.headers), data: body, config, request: {}, statusText: '' };
    if (status < 400) return response;
    const code = status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
    throw new AxiosError(`Request failed with status code ${status}`, code, config, {}, response);
  };
  const client = axios.create({ adapter });
  axiosRetry(client);
  return ({ path, ...given }) => {
    const { method, headers, body, signal } = fetchInit(given);
    return client.request({ url: HOST + path, method, headers, data: body, signal });
  };
}
