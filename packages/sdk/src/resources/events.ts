import { parseRetryAfter } from '@openkupe/contract/http/retry-after';
import type { Event } from '@openkupe/contract/resources/event';
import { classify } from '@openkupe/contract/retry/classify';
import type { Engine } from '../engine.ts';
import { DecodeError, ERROR_CLASSES } from '../errors/by-status.ts';
import { isEventStream, NoAnswer } from '../transport/transport.ts';
import { openEvents, type StreamEnd } from '../watch/open-events.ts';
import type { EventBlock } from '../watch/parse-events.ts';
import { queryOf } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** Which events are read. */
export interface EventOptions {
  /** Those behind this revision. Without it all that are kept, or for `watch` those from now on. */
  readonly after?: number | undefined;
  /** Those about this: `cluster`, `secret`, `tenant`, `alertmanager`, `api-key` or `invoice`. */
  readonly kind?: string | undefined;
  /** Those about what has this name. */
  readonly name?: string | undefined;
  /** Ends the reading; the signal's own reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What a watch yields: an event, or that events before `resync` are lost, so that what is there has to be read again. */
export type EventNotice = { readonly event: Event } | { readonly resync: number };

/** What happens in one tenant. */
export interface Events {
  /** What has happened, oldest first. */
  list(options?: EventOptions): Promise<Event[]>;
  /**
   * What happens, as it does, for as long as it is iterated. A connection that breaks is opened again behind the last change that was read,
   * for as long as it takes; an error ends the iteration only if it cannot be cured by waiting, such as a key that was revoked.
   *
   * @example
   * for await (const notice of client.events.watch({ kind: 'cluster' })) {
   *   if ('event' in notice) console.log(notice.event.message);
   *   break;
   * }
   */
  watch(options?: EventOptions): AsyncGenerator<EventNotice, void>;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

function noticeOf({ name, data }: EventBlock): EventNotice | undefined {
  if (data === undefined || (name !== 'message' && name !== 'resync')) return undefined;
  const value = JSON.parse(data) as Event;
  return name === 'resync' ? { resync: value.revision } : { event: value };
}

/** The error of an end that waiting cannot cure; `undefined` for every other end. */
function errorOf(end: StreamEnd, path: string): Error | undefined {
  if (end instanceof NoAnswer) {
    return end.kind === 'cannot-connect' || end.kind === 'unreadable'
      ? new ERROR_CLASSES[end.kind](end.message, { cause: end })
      : undefined;
  }
  const outcome = classify(end.status);
  if (outcome === 'succeeded' && !isEventStream(end.headers.get('content-type')))
    return new DecodeError(`The answer to GET ${path} is no stream of events; check that the host has this API`, { status: end.status });
  if (outcome === 'succeeded' || outcome === 'rate-limited' || outcome === 'internal' || outcome === 'unavailable') return undefined;
  let message = `The server answered ${end.status} to the stream of events`;
  try {
    message = (JSON.parse(end.text) as { error?: string }).error ?? message;
  } catch {
    // NOTE: something else than the API has answered.
  }
  return new ERROR_CLASSES[outcome](message, { status: end.status, requestId: end.headers.get('x-request-id') ?? undefined });
}

/** How long the server asks to wait, or full jitter that grows with each failure in a row. */
function waitOf(end: StreamEnd, failures: number, { clock, random }: Engine): number {
  const sent = end instanceof NoAnswer ? undefined : parseRetryAfter(end.headers.get('retry-after'), { nowMs: clock.now() });
  return Math.max(sent ?? 0, random.unit() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
}

/** The methods for the events of one tenant. */
export function createEvents(engine: Engine, tenant: string): Events {
  const path = apiPath('tenants', tenant, 'events');

  async function* read(isWatching: boolean, { after, kind, name, signal }: EventOptions): AsyncGenerator<EventNotice, void> {
    const query = queryOf({ watch: isWatching || undefined, kind, name });
    let position = after === undefined ? undefined : String(after);
    for (let failures = 0; ; failures += 1) {
      signal?.throwIfAborted();
      const connection = openEvents(engine, engine.origin + path + query, position, signal);
      const blocks = connection.blocks();
      let end: StreamEnd;
      try {
        let next = await blocks.next();
        for (; !next.done; next = await blocks.next()) {
          // NOTE: only an event, or the position, shows that the stream works: its opening is sent before anything can fail.
          if (next.value.id !== undefined) failures = 0;
          position = next.value.id ?? position;
          const notice = noticeOf(next.value);
          if (notice) yield notice;
        }
        end = next.value;
      } finally {
        connection.close();
      }
      signal?.throwIfAborted();
      const error = errorOf(end, path);
      if (error) throw error;
      if (!isWatching && !(end instanceof NoAnswer) && end.status === 200) return;
      await engine.clock.sleep(waitOf(end, failures, engine), signal);
    }
  }
  return {
    async list(options = {}) {
      const events: Event[] = [];
      for await (const notice of read(false, options)) if ('event' in notice) events.push(notice.event);
      return events;
    },
    watch: (options = {}) => read(true, options),
  };
}
