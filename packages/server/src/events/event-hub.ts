import { type Clock, LIMITS } from '@openkupe/contract';
import type { TextSink } from '../errors/reply.ts';
import type { Log } from '../log/log.ts';
import { createRoundRobinSemaphore, type RoundRobinSemaphore } from '../overload/round-robin-semaphore.ts';
import type { Store } from '../store/store.ts';
import { areOfDifferentTimelines } from '../store/timeline.ts';
import { heartbeatText, OPENING, positionText, resyncText } from './event-text.ts';
import { handPage, nextTurn } from './hand-page.ts';
import { createOpenStreams, type EventRequest, type OpenStreams, type Stream } from './open-streams.ts';
import { renderPage } from './render-page.ts';

/** Hands the events of all commits to the streams of their tenants: one read of the store for all of them. */
export interface EventHub {
  /** Streams that are open. */
  readonly open: number;
  /** Bytes that their clients together had not read when they were last counted. */
  readonly unreadBytes: number;
  /** Streams that were cut off since the start because their clients did not read. */
  readonly slow: number;
  /** Begins a stream. Returns what has to be called when its connection is over. */
  start(request: EventRequest, sink: TextSink): () => void;
  /** Ends every stream, for a shutdown. */
  close(): void;
}

/** What {@link createEventHub} needs. */
export interface EventHubDependencies {
  readonly store: Pick<Store, 'events' | 'newestRevision' | 'onCommit' | 'tenantCreatedIn'>;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  readonly log: Pick<Log, 'warn'>;
}

/** Events that are read at once. */
const PAGE = 500;
/** How often the store is asked although no commit of this process has said anything: another process may have written. */
const POLL_MS = 1_000;

/** How far the live streams are. */
interface Progress {
  /** The revision up to which every event was read for the live streams. A stream becomes live once it has seen as much. */
  read: number;
  /** The revision up to which every event was written to all of them. */
  written: number;
}

/** A page of the events behind `after`, and whether some of them are no longer kept. */
async function readPage({ store }: Pick<EventHubDependencies, 'store'>, after: number) {
  const [oldest] = await store.events(0, 1);
  const isLost = after > 0 && oldest !== undefined && after < oldest.revision - 1;
  return { isLost, page: isLost ? [] : await store.events(after, PAGE) };
}

/** What {@link catchUp} needs. */
interface CatchUpDependencies extends Pick<EventHubDependencies, 'store'> {
  readonly streams: OpenStreams;
  readonly progress: Progress;
  /** One page is read at a time, in turn for each tenant, so that many streams that catch up do not hold the event loop. */
  readonly pages: RoundRobinSemaphore;
}

/** Goes on at the newest revision, because what a client knows is no longer, or never was, where its events go on. */
function resync(stream: Stream, newest: number, streams: OpenStreams): void {
  stream.seen = newest;
  streams.write(stream, resyncText(newest));
}

/** Writes what has happened since the position of a stream, then makes it live, or ends it. */
async function catchUp(stream: Stream, newest: number, { streams, progress, pages, store }: CatchUpDependencies): Promise<void> {
  const { request } = stream;
  const { after = 0 } = request;
  // NOTE: of what the client knows. Its tenant may be older than a restore, and the events since then are kept.
  const isOther = after > 0 && areOfDifferentTimelines(after, newest);
  if (isOther || stream.seen > newest) resync(stream, newest, streams);
  while (streams.all.has(stream)) {
    const permit = await pages.acquire(request.tenant);
    const { read } = progress;
    const { isLost, page } = await readPage({ store }, stream.seen).finally(() => permit[Symbol.dispose]());
    if (isLost) {
      resync(stream, await store.newestRevision(), streams);
      continue;
    }
    const events = page.filter(({ key }) => key.tenant === request.tenant);
    for (const change of Map.groupBy(events, ({ revision }) => revision).values()) {
      const text = renderPage(change).textFor(stream);
      if (text) streams.write(stream, text);
      if (stream.unread > LIMITS.streamUnreadBytes / 2 && !(await streams.taken(stream))) return streams.cutOff(stream);
    }
    stream.seen = page.at(-1)?.revision ?? stream.seen;
    // NOTE: what was read for the live streams while the page was read may be missing in it.
    if (progress.read === read && (page.length === 0 || stream.seen >= Math.max(read, newest))) break;
    if (!(await streams.taken(stream))) return streams.cutOff(stream);
  }
  stream.seen = Math.max(stream.seen, newest);
  streams.write(stream, positionText(stream.seen));
  if (request.isWatching) stream.isLive = true;
  else streams.end(stream);
}

/** Returns a function that reads what is new and hands it to the live streams; a call while it reads makes it look once more. */
function createPolling(streams: OpenStreams, progress: Progress, { store, log }: EventHubDependencies): () => void {
  let isPolling = false;
  let isAgain = false;

  async function readOn(): Promise<void> {
    while (isAgain && streams.all.size > 0) {
      isAgain = false;
      const page = await store.events(progress.read, PAGE);
      // NOTE: before it is written, so that a stream that becomes live while it is reads it by itself.
      progress.read = Math.max(progress.read, page.at(-1)?.revision ?? 0);
      await handPage(page, streams);
      progress.written = progress.read;
      if (page.length === 0) continue;
      isAgain = true;
      await nextTurn();
    }
  }
  return () => {
    isAgain = true;
    if (isPolling || streams.all.size === 0) return;
    isPolling = true;
    readOn()
      .catch((err: unknown) => log.warn({ err }, 'the events could not be read, and are read again in a second'))
      .finally(() => {
        isPolling = false;
      });
  };
}

/** The hub of one process. It reads nothing while no stream is open. */
export function createEventHub(deps: EventHubDependencies): EventHub {
  const { store, clock, log } = deps;
  const streams = createOpenStreams();
  const progress: Progress = { read: 0, written: 0 };
  const pages = createRoundRobinSemaphore(1);
  const poll = createPolling(streams, progress, deps);
  let ticking: AbortController | undefined;
  let whenKnown: Promise<void> = Promise.resolve();
  let endPolling = () => {};

  async function beat(stream: Stream): Promise<void> {
    stream.beatAtMs = clock.monotonic() + LIMITS.streamHeartbeatMs;
    await streams.recheck(stream);
    if (stream.isLive) streams.write(stream, heartbeatText(Math.max(stream.seen, progress.written)));
  }
  async function tick(signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(POLL_MS, signal).catch(() => {});
      if (signal.aborted) return;
      poll();
      for (const stream of streams.all) if (stream.beatAtMs <= clock.monotonic()) void beat(stream);
    }
  }
  function remove(stream: Stream): void {
    streams.remove(stream);
    if (streams.all.size > 0) return;
    endPolling();
    ticking?.abort();
    ticking = undefined;
  }
  async function begin(stream: Stream): Promise<void> {
    await whenKnown;
    const { tenant, after, isWatching } = stream.request;
    const createdIn = await store.tenantCreatedIn(tenant);
    const newest = await store.newestRevision();
    // NOTE: by revision, because the wall clock that dates events may be set back; what comes before is of an earlier tenant of the name.
    stream.seen = after === undefined && isWatching ? newest : Math.max(stream.seen, createdIn - 1);
    await catchUp(stream, newest, { streams, progress, pages, store });
  }
  function awaken(): void {
    endPolling = store.onCommit(poll);
    ticking = new AbortController();
    void tick(ticking.signal);
    whenKnown = store.newestRevision().then((revision) => {
      progress.read = Math.max(progress.read, revision);
      progress.written = Math.max(progress.written, revision);
    });
  }

  return {
    get open() {
      return streams.all.size;
    },
    get unreadBytes() {
      return streams.unread;
    },
    get slow() {
      return streams.slow;
    },
    start(request, sink) {
      const beatAtMs = clock.monotonic() + LIMITS.streamHeartbeatMs;
      const stream: Stream = {
        ...{ request, sink, seen: request.after ?? 0, beatAtMs, isLive: false },
        ...{ checking: undefined, held: [], unread: 0 },
      };
      streams.add(stream);
      if (!ticking) awaken();
      streams.write(stream, OPENING);
      begin(stream).catch((err: unknown) => {
        log.warn({ err }, 'a stream of events could not be begun, and is closed');
        streams.cutOff(stream);
      });
      return () => remove(stream);
    },
    close() {
      for (const stream of [...streams.all]) streams.end(stream);
    },
  };
}
