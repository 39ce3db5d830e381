import { LIMITS } from '@openkupe/contract';
import type { TextSink } from '../errors/reply.ts';
import type { StoredEvent } from '../store/store.ts';
import { changeText, eventLines } from './event-text.ts';

/** What a client wants to read. */
export interface EventRequest {
  readonly tenant: string;
  /** Only events with a larger revision; `undefined` begins now, and 0 with the oldest that is kept. */
  readonly after: number | undefined;
  /** Whether to go on with what happens. */
  readonly isWatching: boolean;
  shows(event: StoredEvent): boolean;
  /** Whether the client may still read them. */
  isAllowed(): Promise<boolean>;
}

/** A stream that is open. */
export interface Stream {
  readonly request: EventRequest;
  readonly sink: TextSink;
  /** Every event up to this revision was written, or is none that it shows. */
  seen: number;
  /** When it next shows that it is alive, in monotonic milliseconds. */
  beatAtMs: number;
  /** Whether it gets what the hub reads; until then it reads by itself. */
  isLive: boolean;
}

/** Events about these may end what a caller is allowed. */
const ABOUT_ACCESS: ReadonlySet<string> = new Set(['api-key', 'tenant']);

/** The events of each change, oldest first. */
export function changesOf(events: readonly StoredEvent[]): StoredEvent[][] {
  return [...Map.groupBy(events, ({ revision }) => revision).values()];
}

/** The streams that are open. What is written to one that is not, goes nowhere. */
export interface OpenStreams {
  readonly all: ReadonlySet<Stream>;
  add(stream: Stream): void;
  remove(stream: Stream): void;
  end(stream: Stream): void;
  cutOff(stream: Stream): void;
  /** Cuts the stream off when its client has too much to read. */
  write(stream: Stream, text: string): void;
  /** Writes what a stream shows of one change in its tenant. */
  writeChange(stream: Stream, change: readonly StoredEvent[], lines?: readonly string[]): void;
  /** Ends a stream whose client may not read it any more. */
  recheck(stream: Stream): Promise<void>;
  /** Writes a change to the live streams of its tenants that have not seen it. */
  hand(change: readonly StoredEvent[]): Promise<void>;
}

/** No streams yet. */
export function createOpenStreams(): OpenStreams {
  const all = new Set<Stream>();
  const byTenant = new Map<string, Set<Stream>>();

  const streams: OpenStreams = {
    all,
    add(stream) {
      const { tenant } = stream.request;
      all.add(stream);
      byTenant.set(tenant, (byTenant.get(tenant) ?? new Set()).add(stream));
    },
    remove(stream) {
      const { tenant } = stream.request;
      all.delete(stream);
      byTenant.get(tenant)?.delete(stream);
      if (byTenant.get(tenant)?.size === 0) byTenant.delete(tenant);
    },
    end(stream) {
      streams.remove(stream);
      stream.sink.end();
    },
    cutOff(stream) {
      streams.remove(stream);
      stream.sink.cutOff();
    },
    write(stream, text) {
      if (!all.has(stream)) return;
      stream.sink.write(text);
      if (stream.sink.unreadBytes() > LIMITS.streamUnreadBytes) streams.cutOff(stream);
    },
    writeChange(stream, change, lines = change.map(eventLines)) {
      const shown = lines.filter((_, index) => stream.request.shows(change[index] as StoredEvent));
      if (shown.length > 0) streams.write(stream, changeText(shown, change[0]?.revision ?? 0));
    },
    async recheck(stream) {
      // NOTE: what cannot be decided now, because the store does not answer, is decided the next time.
      if (!(await stream.request.isAllowed().catch(() => true))) streams.end(stream);
    },
    async hand(change) {
      const revision = change[0]?.revision ?? 0;
      for (const [tenant, ofTenant] of Map.groupBy(change, ({ key }) => key.tenant)) {
        const readers = byTenant.get(tenant);
        if (!readers) continue;
        const lines = ofTenant.map(eventLines);
        // NOTE: a caller that may read no more is not shown the change that ended it.
        if (ofTenant.some(({ key }) => ABOUT_ACCESS.has(key.kind))) await Promise.all([...readers].map(streams.recheck));
        for (const stream of [...readers]) {
          if (stream.isLive && stream.seen < revision) streams.writeChange(stream, ofTenant, lines);
        }
      }
    },
  };
  return streams;
}
