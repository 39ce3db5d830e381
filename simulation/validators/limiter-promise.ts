import type { Validator } from '../world/observers.ts';

/** How long after its time a reserved slot is kept, in milliseconds. The server allows 2 s; the client's own timers may be late. */
const KEPT_MS = 1_900;

/** `Retry-Advice: slot=reserved` is true: the same request is admitted by the same server when it waits as it was asked to. */
export function createLimiterPromise(): Validator {
  /** By server and request: when the reserved slots begin. */
  const slots = new Map<string, number[]>();
  return {
    name: 'limiter-keeps-its-promise',
    answered({ client, replica, request: { method, url, headers, body = '' }, response, arrivedMs }) {
      const mark = `${headers.authorization} ${headers['idempotency-key']} ${body.length}`;
      const key = `${replica.name} ${client} ${method} ${url} ${mark}`;
      const reserved = slots.get(key) ?? [];
      const slot = reserved.find((atMs) => arrivedMs >= atMs && arrivedMs <= atMs + KEPT_MS);
      if (slot !== undefined) reserved.splice(reserved.indexOf(slot), 1);
      if (response.status !== 429) return;
      if (slot !== undefined)
        throw new Error(`${client} was refused ${method} ${url} at ${arrivedMs} ms, its slot of ${slot} ms was reserved`);
      if (!/slot=reserved/.test(response.headers.get('retry-advice') ?? '')) return;
      slots.set(key, [...reserved, arrivedMs + Number(response.headers.get('retry-after')) * 1000]);
    },
  };
}
