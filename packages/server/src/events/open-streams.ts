import { LIMITS } from '@openkupe/contract';
import type { TextSink } from '../errors/reply.ts';
import type { StoredEvent } from '../store/store.ts';

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
  /** The last check of whether its client may go on, while it runs. What is written meanwhile is held. */
  checking: Promise<void> | undefined;
  held: Uint8Array[];
  /** Bytes that its client had not taken when they were last counted. */
  unread: number;
}

/** The streams that are open. What is written to one that is not, goes nowhere. */
export interface OpenStreams {
  readonly all: ReadonlySet<Stream>;
  /** Bytes that all clients together had not taken when they were last counted. */
  readonly unread: number;
  /** Streams that were cut off because their clients did not read. */
  readonly slow: number;
  add(stream: Stream): void;
  remove(stream: Stream): void;
  end(stream: Stream): void;
  cutOff(stream: Stream): void;
  /** Cuts the stream off when its client has too much to read, and the slowest ones when all together have. */
  write(stream: Stream, text: Uint8Array): void;
  /** Resolves with whether its client took what was written, within its time, and may go on. */
  taken(stream: Stream): Promise<boolean>;
  /** Ends a stream whose client may not read it any more. Nothing reaches the client before that is decided. */
  recheck(stream: Stream): Promise<void>;
  /** Those of a tenant. */
  of(tenant: string): readonly Stream[];
}

/** The part of the bound that is left once the slowest were cut off, so that it is not reached again at once. */
const LEFT = 0.75;

const lengthOf = (texts: readonly Uint8Array[]) => texts.reduce((sum, { length }) => sum + length, 0);

/** {@link OpenStreams.recheck}. Checks of one stream are decided one after another; the last one lets go what was held. */
function recheck(stream: Stream, streams: Pick<OpenStreams, 'all' | 'end'>): Promise<void> {
  const { checking: before } = stream;
  const check = async () => {
    // NOTE: what cannot be decided now, because the store does not answer, is decided the next time.
    const isAllowed = await stream.request.isAllowed().catch(() => true);
    await before;
    if (!streams.all.has(stream)) return;
    if (!isAllowed) return streams.end(stream);
    if (stream.checking !== checking) return;
    stream.checking = undefined;
    for (const text of stream.held.splice(0)) stream.sink.write(text);
  };
  const checking = check();
  stream.checking = checking;
  return checking;
}

/** No streams yet. */
export function createOpenStreams(): OpenStreams {
  const all = new Set<Stream>();
  const byTenant = new Map<string, Set<Stream>>();
  let unread = 0;
  let slow = 0;

  function count(stream: Stream): void {
    const now = stream.sink.unreadBytes() + lengthOf(stream.held);
    unread += now - stream.unread;
    stream.unread = now;
  }
  function cutOffSlow(stream: Stream): void {
    slow += 1;
    streams.cutOff(stream);
  }
  /** What was counted is what was unread at the last write, so it is counted again first. */
  function cutOffSlowest(): void {
    for (const stream of all) count(stream);
    if (unread <= LIMITS.streamUnreadBytesTogether) return;
    for (const stream of [...all].sort((one, other) => other.unread - one.unread)) {
      if (unread <= LIMITS.streamUnreadBytesTogether * LEFT) return;
      cutOffSlow(stream);
    }
  }

  const streams: OpenStreams = {
    all,
    of: (tenant) => [...(byTenant.get(tenant) ?? [])],
    get unread() {
      return unread;
    },
    get slow() {
      return slow;
    },
    add(stream) {
      const { tenant } = stream.request;
      all.add(stream);
      byTenant.set(tenant, (byTenant.get(tenant) ?? new Set()).add(stream));
    },
    remove(stream) {
      const { tenant } = stream.request;
      if (!all.delete(stream)) return;
      unread -= stream.unread;
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
      if (stream.checking) stream.held.push(text);
      else stream.sink.write(text);
      count(stream);
      if (stream.unread > LIMITS.streamUnreadBytes) cutOffSlow(stream);
      else if (unread > LIMITS.streamUnreadBytesTogether) cutOffSlowest();
    },
    async taken(stream) {
      await stream.checking;
      return all.has(stream) && (await stream.sink.taken());
    },
    recheck: (stream) => recheck(stream, streams),
  };
  return streams;
}
