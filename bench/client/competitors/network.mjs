/** What the competitors' own network layers are replaced with: the simulated one, in the form that each of them expects. */
export const HOST = 'https://api.example.test';

/** Rejects as soon as the signal aborts, as a real network layer does. */
export function untilAborted(signal, work) {
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

export class StatusError extends Error {
  constructor(status) {
    super(`Status ${status}`);
    this.status = status;
  }
}

/** The text of a 2xx; everything else is thrown, as programs on bare `fetch` do. */
export async function okOf(response) {
  if (!response.ok) throw new StatusError(response.status);
  return response.text();
}

export function fetchInit({ method, ifMatch, body, signal }) {
  const headers = { ...(ifMatch ? { 'if-match': ifMatch } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
  return { method, headers, ...(body ? { body: JSON.stringify(body) } : {}), ...(signal ? { signal } : {}) };
}
