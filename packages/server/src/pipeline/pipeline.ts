import type { Clock } from '@openkupe/contract';
import type { VerificationPorts } from '../auth/verify-credential.ts';
import type { RequestCounters } from '../counters/request-counters.ts';
import { prefersProblem } from '../errors/prefers-problem.ts';
import { Refusal } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import { toErrorReply } from '../errors/to-error-reply.ts';
import type { Log } from '../log/log.ts';
import type { AddressRateLimit } from '../rate-limit/address-limit.ts';
import { BrokenDataError, type DamageReport } from '../store/broken-data.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import type { Exchange, IncomingRequest } from './exchange.ts';
import { type ExecuteDependencies, execute } from './execute.ts';
import { findRoute, readQuery } from './find-route.ts';
import { holdKey, type KeysInUse, readIdempotencyKey } from './idempotency.ts';
import { authenticate, authorise } from './identify.ts';
import { openStream, type StreamDependencies } from './open-stream.ts';
import {
  type Lifecycle,
  type ListDependencies,
  type OverloadDependencies,
  overloaded,
  passOverload,
  refuseDraining,
  waitForListPermit,
} from './pass-overload.ts';
import { type AddressLimitDependencies, type CallerLimitDependencies, passAddressLimit, passCallerLimits } from './pass-rate-limits.ts';
import { type BodyDependencies, receiveBody } from './receive-body.ts';
import { carryCurrent, replay } from './replay.ts';
import { type LineDependencies, sendLines } from './send-lines.ts';
import { serialise, serialiseList } from './serialise.ts';
import { validateBody, validateParameters } from './validate.ts';

/** Answers one request. Never rejects: every error is a reply. */
export type Pipeline = (request: IncomingRequest) => Promise<Reply>;

/** What {@link beginExchange} needs. */
export interface ExchangeDependencies {
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Stage 1. The HTTP adapter has found out who sends the request, and given it an id. */
export function beginExchange(request: IncomingRequest, deps: ExchangeDependencies): Exchange {
  return {
    request,
    requestId: request.requestId,
    clientAddress: request.clientAddress,
    credential: /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1],
    receivedMs: deps.clock.monotonic(),
    headers: {},
    executed: 'no',
  };
}

/** What the stages need, each for itself, and what is needed around them. */
export interface PipelineDependencies
  extends ExchangeDependencies,
    AddressLimitDependencies,
    CallerLimitDependencies,
    VerificationPorts,
    ListDependencies,
    StreamDependencies,
    LineDependencies,
    ExecuteDependencies {
  readonly clock: ExchangeDependencies['clock'] & OverloadDependencies['clock'];
  readonly addressLimit: Pick<AddressRateLimit, 'admit' | 'noteCredential'>;
  readonly overload: OverloadDependencies['overload'];
  readonly uploads: BodyDependencies['uploads'];
  readonly confirmedTime: Pick<ConfirmedTime, 'now' | 'atLeast'>;
  readonly store: Pick<Store, 'get' | 'audit' | 'commit' | 'idempotencyRecord'>;
  readonly lifecycle: Lifecycle;
  /** What is stored and cannot be read. */
  readonly damage: DamageReport;
  readonly log: Log;
  readonly requests: RequestCounters;
}

/**
 * The straight line of one request that the address limit lets through, in the order that ARCHITECTURE.md tells. No stage is optional and
 * nothing reorders them; a stage ends the request by throwing a {@link Refusal}, which becomes bytes in `to-error-reply.ts` alone. The
 * number is that of the stage, and after it stands how it may end.
 */
async function answer(exchange: Exchange, keysInUse: KeysInUse, deps: PipelineDependencies): Promise<Reply> {
  const { request } = exchange;
  const found = findRoute(request); // 3: 404 405
  const route = found.route;
  exchange.route = route;
  const admission = passOverload(exchange, found, deps); // 3: 503
  if (!admission.isAdmitted) return replyTo(overloaded(admission), exchange, deps);
  using permit = admission;
  const identity = await authenticate(exchange, route, deps); // 4: 401 429 503
  const authorised = await authorise(found, identity, deps); // 5: 400 403
  using _running = passCallerLimits(exchange, found, authorised.principal, deps); // 5: 429
  const query = readQuery(request.target, route); // 6: 400
  validateParameters(found); // 6: 400
  const body = route.body && validateBody(route, await receiveBody(exchange, route, permit, deps)); // 6: 400 413 415, 429 503
  // A client may take long to send its body: what was revoked, suspended or deleted meanwhile applies.
  const present = route.body ? await authorise(found, await authenticate(exchange, route, deps), deps) : authorised; // 4 5
  const { principal, tenant } = present;

  const now = deps.clock.now();
  const isValidation = query.validateOnly === 'true';
  const call = {
    params: found.params,
    query,
    body,
    principal,
    tenant,
    address: exchange.clientAddress,
    now,
    billedNow: () => deps.confirmedTime.now(),
    isValidation,
  };
  exchange.call = call;
  const sent = route.method === 'GET' ? undefined : request.headers['idempotency-key'];
  const read = sent === undefined ? undefined : readIdempotencyKey(sent, request, call, deps.answerKey); // 7: 400
  if (isValidation) exchange.headers['validate-only'] = 'true';
  const key = isValidation ? undefined : read;
  using _held = key && holdKey(key, keysInUse); // 7: 409
  const record = key && (await deps.store.idempotencyRecord(key.scope, deps.confirmedTime.atLeast()));
  if (key && record) return await replay(record, key, exchange, route, call, deps); // 7: 400 404

  using _listed = found.isList ? await waitForListPermit(request, deps) : undefined; // 8: 429
  const done = await execute(exchange, route, call, key, deps); // 8 9 10: 404 412, 400 409 503
  if (key && 'record' in done) return await replay(done.record, key, exchange, route, call, deps);
  if ('record' in done) throw new Error('A record was met by a request without a key');
  if (done.answer.lines) return sendLines(exchange, route, call, done.answer.lines, deps); // 11: 429 503
  if (done.answer.events) return openStream(exchange, found, identity, call, done.answer.events, deps); // 11: 400 429 503
  return done.answer.items ? await serialiseList(exchange, route, done.answer, deps) : serialise(exchange, route, done.answer); // 11
}

/** An error as the reply that it is. Only a defect is logged as an error. */
async function replyTo(error: unknown, exchange: Exchange, deps: PipelineDependencies): Promise<Reply> {
  if (error instanceof BrokenDataError) deps.damage.note(error);
  if (!(error instanceof Refusal)) deps.log.error({ requestId: exchange.requestId, err: error }, 'request failed');
  const { route, call, request } = exchange;
  const wantsProblem = prefersProblem(request.headers.accept);
  const isRace = error instanceof Refusal && error.status === 412 && error.current === undefined;
  if (!wantsProblem || !isRace || !route || !call) return toErrorReply(error, exchange, wantsProblem);
  const carried = await carryCurrent(error, request.headers['if-match'], route, call, deps).catch((failure: unknown) => failure);
  return carried instanceof Refusal ? toErrorReply(carried, exchange, true) : replyTo(carried, exchange, deps);
}

/** One line per request: no header, no body, no query. `actor` is the id of the key, or the address of a person. */
function noteRequest(
  { request, requestId, clientAddress, route, actor, call, receivedMs }: Exchange,
  { status, headers }: Reply,
  deps: PipelineDependencies,
) {
  const ms = deps.clock.monotonic() - receivedMs;
  if (headers['idempotent-replayed']) deps.requests.noteReplay();
  deps.requests.note(route?.id, status, headers['error-code'] as string | undefined, ms / 1_000);
  deps.log.info(
    {
      requestId,
      address: clientAddress,
      method: request.method,
      path: request.target.split('?', 1)[0]?.slice(0, 300),
      route: route?.id,
      tenant: call?.tenant?.name,
      actor,
      status,
      ms: Math.round(ms * 10) / 10,
    },
    'request',
  );
}

/** The pipeline of one server. */
export function createPipeline(deps: PipelineDependencies): Pipeline {
  const keysInUse: KeysInUse = new Set();
  return async (request) => {
    using _running = deps.lifecycle.begin();
    const exchange = beginExchange(request, deps); // 1
    let reply: Reply;
    try {
      // NOTE: what refuses most under a flood is returned: throwing it would double its cost.
      const decided = refuseDraining(deps.lifecycle) ?? passAddressLimit(exchange, deps); // 2: 503, 429
      const refusal = decided instanceof Promise ? await decided : decided;
      reply = refusal ? await replyTo(refusal, exchange, deps) : await answer(exchange, keysInUse, deps);
    } catch (error) {
      reply = await replyTo(error, exchange, deps);
    }
    if (deps.lifecycle.isDraining) reply = { ...reply, headers: { ...reply.headers, connection: 'close' } };
    noteRequest(exchange, reply, deps);
    return reply;
  };
}
