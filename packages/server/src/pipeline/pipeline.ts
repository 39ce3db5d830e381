import { type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Principal } from '../auth/principal.ts';
import { Refusal, unavailable } from '../errors/refusal.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import type { Permit } from '../overload/overload.ts';
import { HANDLERS } from '../routes/index.ts';
import { BrokenDataError } from '../store/broken-data.ts';
import { authenticate } from './authenticate.ts';
import { authorise } from './authorise.ts';
import { checkQuery } from './check-query.ts';
import { checkStanding } from './check-standing.ts';
import type { Exchange, IncomingRequest, Reply } from './exchange.ts';
import { execute } from './execute.ts';
import { findRoute } from './find-route.ts';
import type { Call } from './handler.ts';
import { keyInUse, readIdempotencyKey } from './idempotency.ts';
import { passCallerLimits } from './pass-caller-limits.ts';
import { passGuard } from './pass-guard.ts';
import { passOverload } from './pass-overload.ts';
import type { Ports } from './ports.ts';
import { receive } from './receive.ts';
import { receiveBody } from './receive-body.ts';
import { replay } from './replay.ts';
import { serialise } from './serialise.ts';
import { serialiseList } from './serialise-list.ts';
import { validate } from './validate.ts';
import { waitForListTurn } from './wait-for-list-turn.ts';

/** Answers one request. Never rejects: every error is a reply. */
export type Pipeline = (request: IncomingRequest) => Promise<Reply>;

/** The caller, and the permit of its request to run. */
interface Admitted {
  readonly principal: Principal;
  readonly permit: Permit;
}

/**
 * The straight line of one request, in the order that ARCHITECTURE.md tells. No stage is optional and nothing
 * reorders them; whatever a stage throws becomes bytes in `to-error-reply.ts` alone.
 */
export function createPipeline(ports: Ports): Pipeline {
  /** Scopes of idempotency keys whose first request still runs in this process. */
  const running = new Set<string>();

  async function answer(exchange: Exchange): Promise<Reply> {
    const { request } = exchange;
    if (ports.lifecycle.isDraining) {
      throw unavailable('The control plane is shutting down; retry with backoff', SUGGESTED_WAITS.drainingMs, 'draining');
    }
    passGuard(exchange, ports); // 2: 429
    const { route, params } = findRoute(request); // 3: 404 405
    exchange.progress.routeId = route.id;
    using permit = passOverload(exchange, route, ports); // 3: 503
    return await identify(exchange, route, params, permit);
  }

  async function identify(exchange: Exchange, route: Route, params: Call['params'], permit: Permit): Promise<Reply> {
    const identity = await authenticate(exchange, route, ports); // 4: 401 429 503
    const principal = await authorise(route, params, identity, ports.store); // 5: 400 403
    const end = passCallerLimits(exchange, route, principal, ports); // 5: 429
    try {
      return await respond(exchange, route, params, { principal, permit });
    } finally {
      end();
    }
  }

  async function respond(exchange: Exchange, route: Route, params: Call['params'], { principal, permit }: Admitted): Promise<Reply> {
    const { request } = exchange;
    await checkStanding(principal, ports.store); // 5: 403
    checkQuery(request.target); // 6: 400
    const body = await validate(route, params, () => receiveBody(exchange, route, permit, ports)); // 6: 400 413 415, 429 503

    const call = { params, body, principal, address: exchange.clientAddress, now: ports.clock.now(), billedNow: ports.confirmedTime.now() };
    const handler = HANDLERS[route.id as keyof typeof HANDLERS];
    const key = readIdempotencyKey(request, body, principal, ports.answerKey);
    if (!key) {
      const endTurn = await waitForListTurn(exchange, route, ports); // 8: 429
      try {
        const execution = await execute(exchange, route, handler, call, ports); // 8 9 10: 404 412, 400 409 503
        if ('record' in execution) throw new Error('A record was met by a request without a key');
        const { items } = execution.answer;
        return items ? await serialiseList(exchange, route, items, ports) : serialise(exchange, route, execution.answer); // 11
      } finally {
        endTurn();
      }
    }

    if (running.has(key.scope)) throw keyInUse(); // 7: 409
    const record = await ports.store.idempotencyRecord(key.scope, ports.confirmedTime.atLeast());
    if (record) return replay(record, key, exchange, route, call, ports); // 7: 400 404
    running.add(key.scope);
    try {
      const execution = await execute(exchange, route, handler, call, ports, key);
      if ('record' in execution) return await replay(execution.record, key, exchange, route, call, ports);
      return serialise(exchange, route, execution.answer);
    } finally {
      running.delete(key.scope);
    }
  }

  return async (request) => {
    const exchange = receive(request, ports); // 1
    const end = ports.lifecycle.begin();
    let reply: Reply;
    try {
      reply = await answer(exchange);
    } catch (error) {
      if (error instanceof BrokenDataError) ports.damage.note(error);
      if (!(error instanceof Refusal)) ports.log.error({ requestId: exchange.requestId, err: error }, 'request failed');
      reply = toErrorReply(error, exchange, request.headers.accept);
    } finally {
      end();
    }
    exchange.progress.finishLook?.(reply.status < 400);
    if (ports.lifecycle.isDraining) reply = { ...reply, headers: { ...reply.headers, connection: 'close' } };
    logRequest(exchange, reply, ports);
    return reply;
  };
}

/** One line per request: no header, no body, no query. */
function logRequest(exchange: Exchange, reply: Reply, ports: Ports): void {
  const { request, progress } = exchange;
  ports.log.info(
    {
      requestId: exchange.requestId,
      address: exchange.clientAddress,
      method: request.method,
      path: request.target.split('?', 1)[0]?.slice(0, 300),
      route: progress.routeId,
      actor: progress.actor,
      status: reply.status,
      ms: Math.round((ports.clock.monotonic() - exchange.receivedAt) * 10) / 10,
    },
    'request',
  );
}
