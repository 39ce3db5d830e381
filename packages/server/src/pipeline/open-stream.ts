import { formatRetryAfter, hasScope, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Identity, Principal } from '../auth/principal.ts';
import { invalidRequest, Refusal, unavailable } from '../errors/refusal.ts';
import type { Reply } from '../errors/reply.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { EventRequest } from '../events/open-streams.ts';
import type { FullOf, StreamSlots } from '../events/stream-slots.ts';
import type { StoredEvent } from '../store/store.ts';
import type { Exchange } from './exchange.ts';
import type { FoundRoute } from './find-route.ts';
import type { Call, EventQuery } from './handler.ts';
import { authorise } from './identify.ts';

/** What {@link openStream} needs. */
export interface StreamDependencies extends SlotDependencies {
  readonly eventHub: EventHub;
  readonly authenticator: Authenticator;
  readonly store: Parameters<typeof authorise>[2]['store'];
}

const WHOSE: Readonly<Record<Exclude<FullOf, 'together'>, string>> = { caller: 'This credential', tenant: 'This tenant' };

function tooMany(whose: FullOf): Refusal {
  const waitMs = SUGGESTED_WAITS.streamsMs;
  if (whose === 'together')
    return unavailable('The control plane has as many event streams open as it can; retry later', waitMs, 'too-many-streams');
  return new Refusal(429, `${WHOSE[whose]} has as many event streams open as it may; close one, or wait`, {
    code: 'too-many-streams',
    headers: { 'retry-after': formatRetryAfter(waitMs) },
  });
}

/** What {@link takeSlot} needs. */
export interface SlotDependencies {
  readonly streamSlots: StreamSlots;
}

/** A slot for a stream of this caller; 429 or 503 where there is none. */
export function takeSlot({ tenant, actor }: Principal, { streamSlots }: SlotDependencies): Disposable {
  const slot = streamSlots.take(tenant, actor);
  if (typeof slot === 'string') throw tooMany(slot);
  return slot;
}

/** The position in `Last-Event-ID`, which a client sends when it connects again. 400 for what was no id of ours. */
function lastEventId(sent: string | undefined): number | undefined {
  if (sent === undefined || sent === '') return undefined;
  if (!/^\d{1,15}$/.test(sent)) throw invalidRequest('Last-Event-ID must be the id of an event of this stream; leave it out to begin now');
  return Number(sent);
}

/** Whether a caller can list the API keys of its tenant, and so may see what happens to them. */
const seesApiKeys = ({ role, restriction }: Principal): boolean => role === 'admin' && hasScope(restriction?.scopes, 'api-keys:read');

/** What a stream shows of the events of its tenant: of API keys nothing to callers that cannot list them. */
function filterOf({ kind, name }: EventQuery, principal: Principal): (event: StoredEvent) => boolean {
  const seesKeys = seesApiKeys(principal);
  return ({ key }) =>
    (seesKeys || key.kind !== 'api-key') && (kind === undefined || key.kind === kind) && (name === undefined || key.name === name);
}

/**
 * Stage 11 for events: 429 or 503 where too many streams are open. A stream holds no permit to run and counts against no limit of requests
 * once it is open. Its credential is verified again while it is open, without being counted.
 */
export function openStream(
  exchange: Exchange,
  found: FoundRoute,
  identity: Identity,
  call: Call,
  query: EventQuery,
  deps: StreamDependencies,
): Reply {
  const { principal } = call;
  const after = lastEventId(exchange.request.headers['last-event-id']) ?? query.after;
  const slot = takeSlot(principal, deps);

  async function isAllowed(): Promise<boolean> {
    const verified = await deps.authenticator.authenticate(exchange.credential ?? '', exchange.clientAddress);
    if (verified.outcome === 'invalid') return false;
    // NOTE: while the issuer of a token cannot be asked, the caller that opened the stream keeps it, with what the tenant grants now.
    const present = await authorise(found, verified.outcome === 'identified' ? verified.identity : identity, deps).catch(
      (error: unknown) => {
        if (error instanceof Refusal) return undefined;
        throw error;
      },
    );
    return present?.principal.role === principal.role && seesApiKeys(present.principal) === seesApiKeys(principal);
  }
  const request: EventRequest = {
    tenant: principal.tenant,
    after,
    isWatching: query.isWatching,
    shows: filterOf(query, principal),
    isAllowed,
  };
  let stop: (() => void) | undefined;
  return {
    status: found.route.success.status,
    headers: {
      ...exchange.headers,
      'x-request-id': exchange.requestId,
      'cache-control': 'no-store',
      'content-type': 'text/event-stream; charset=utf-8',
      // NOTE: nginx would collect the events until its buffer is full.
      'x-accel-buffering': 'no',
    },
    stream: {
      isEndless: query.isWatching,
      start(sink) {
        stop = deps.eventHub.start(request, sink);
      },
      close() {
        stop?.();
        slot[Symbol.dispose]();
      },
    },
  };
}
