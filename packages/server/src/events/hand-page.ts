import type { StoredEvent } from '../store/store.ts';
import type { OpenStreams } from './open-streams.ts';
import { renderPage } from './render-page.ts';

/** Streams that are written to before other work gets its turn. */
const STREAMS_PER_TURN = 250;

/** The next turn of the event loop, by which what was written is on its way. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Writes a page of events, oldest first, to the live streams of their tenants that have not seen them. */
export async function handPage(page: readonly StoredEvent[], streams: OpenStreams): Promise<void> {
  let written = 0;
  for (const [tenant, events] of Map.groupBy(page, ({ key }) => key.tenant)) {
    const readers = streams.of(tenant);
    if (readers.length === 0) continue;
    const { revision, endsAccess, textFor } = renderPage(events);
    // NOTE: a caller that may read no more is not shown the change that ended it.
    if (endsAccess) for (const stream of readers) void streams.recheck(stream);
    for (const stream of readers) {
      if (!stream.isLive || stream.seen >= revision) continue;
      const text = textFor(stream);
      stream.seen = revision;
      if (text) streams.write(stream, text);
      written += 1;
      if (written % STREAMS_PER_TURN === 0) await nextTurn();
    }
  }
}
