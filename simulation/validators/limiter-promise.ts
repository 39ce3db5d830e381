import type { Arrived, Validator } from '../world/observers.ts';

/** How long after its time a reserved slot is kept, in milliseconds. The server allows 2 s; the client's own timers may be late. */
const KEPT_MS = 1_900;

/** `Retry-Advice: slot=reserved` is true: the same request is admitted by the same server when it waits as it was asked to. */
export function createLimiterPromise(): Validator {
  /** By server and request: when the reserved slots begin. */
  const slots = new Map<string, number[]>();
  /** The slots of requests that came for one. Of two alike, the one that arrives first has it, whichever is answered first. */
  const claimed = new WeakMap<Arrived, number>();
  return {
    name: 'limiter-keeps-its-promise',
    arrived(arrival) {
      const reserved = slots.get(keyOf(arrival)) ?? [];
      const slot = reserved.find((atMs) => arrival.arrivedMs >= atMs && arrival.arrivedMs <= atMs + KEPT_MS);
      if (slot === undefined) return;
      reserved.splice(reserved.indexOf(slot), 1);
      claimed.set(arrival, slot);
    },
    answered({ client, request: { method, url }, response, arrivedMs, arrival }) {
      if (response.status !== 429) return;
      const slot = claimed.get(arrival);
      if (slot !== undefined)
        throw new Error(`${client} was refused ${method} ${url} at ${arrivedMs} ms, its slot of ${slot} ms was reserved`);
      if (!/slot=reserved/.test(response.headers.get('retry-advice') ?? '')) return;
      const key = keyOf(arrival);
      slots.set(key, [...(slots.get(key) ?? []), arrivedMs + Number(response.headers.get('retry-after')) * 1000]);
    },
  };
}

function keyOf({ client, replica, request: { method, url, headers, body = '' } }: Arrived): string {
  return `${replica.name} ${client} ${method} ${url} ${headers.authorization} ${headers['idempotency-key']} ${body.length}`;
}
