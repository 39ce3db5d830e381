import { counted, formatRetryAfter, LIMITS, type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import { Refusal, unavailable } from '../errors/refusal.ts';
import type { Permit } from '../overload/overload.ts';
import { rateLimitFields } from '../rate-limit/rate-limit-fields.ts';
import type { Exchange } from './exchange.ts';
import { hasExpired, overloaded, refuseIfGone } from './pass-overload.ts';
import type { Ports } from './ports.ts';
import { checkMediaType, parseJsonBody, readBytes } from './read-body.ts';

type BodyPorts = Pick<Ports, 'overload' | 'clock' | 'bodies'>;

function tooManyBodies(retryAfterMs: number, { progress }: Exchange, { bodies }: BodyPorts): Refusal {
  const seconds = formatRetryAfter(retryAfterMs);
  const state = { name: 'bodies', remaining: 0, resetSeconds: Number(seconds) };
  Object.assign(progress.headers, rateLimitFields([{ name: 'bodies', quota: bodies.limits.bodies }], [state], retryAfterMs));
  return new Refusal(429, `Too many unfinished request bodies from this address; finish those, or wait ${counted(seconds, 'second')}`, {
    code: 'rate-limited-bodies',
    headers: { 'retry-after': seconds },
  });
}

/**
 * Stage 6, first half: the body, once the caller may send one. The permit to run is suspended while the client sends it, so that slow
 * clients hold none.
 */
export async function receiveBody(exchange: Exchange, route: Route, permit: Permit, ports: BodyPorts): Promise<unknown> {
  const { request, clientAddress } = exchange;
  checkMediaType(request);
  const body = ports.bodies.enter(clientAddress);
  if (!body.isAdmitted) throw tooManyBodies(body.retryAfterMs, exchange, ports);
  permit.suspend();
  try {
    const onArrival = (more: number) => {
      const fit = body.grow(more);
      if (fit === 'address-full') throw tooManyBodies(body.overAfterMs(), exchange, ports);
      if (fit === 'full')
        throw unavailable(
          'Too many request bodies are on their way; nothing was executed, retry with backoff',
          SUGGESTED_WAITS.bodiesMs,
          'overloaded',
        );
    };
    const bytes = await readBytes(request, { mostBytes: route.mostBytes ?? LIMITS.bodyBytes, onArrival });
    const endTurn = await ports.bodies.turn(clientAddress, bytes.length);
    try {
      refuseIfGone(request);
      const refusal = permit.resume(hasExpired(request, ports));
      if (refusal) throw overloaded(refusal);
      return parseJsonBody(bytes);
    } finally {
      endTurn();
    }
  } finally {
    body.leave();
  }
}
