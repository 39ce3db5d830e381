import type { Engine } from '../engine.ts';
import { createTimer } from '../reschedulable-timer.ts';
import { NoAnswer, type TransportResponse } from '../transport/transport.ts';
import { createEventParser, type EventBlock } from './parse-events.ts';

/** Blocks that wait for the consumer; with more of them the connection is given up, and begun again behind them. */
const MOST_WAITING = 10_000;
/** The server shows every 15 seconds that it is alive; after this long without a sign the connection counts as lost. */
const SILENT_MS = 45_000;

/** How a connection ended: the answer, whose text is empty if it was a stream, or why there was none. */
export type StreamEnd = TransportResponse | NoAnswer;

/** The connection of one stream. */
export interface EventConnection {
  /** The blocks as they come. Ends when the connection does. */
  blocks(): AsyncGenerator<EventBlock, StreamEnd>;
  close(): void;
}

/** Opens a stream of events at `url`, behind `position`. */
export function openEvents(engine: Engine, url: string, position: string | undefined, signal: AbortSignal | undefined): EventConnection {
  const { clock, transport, credential, userAgent } = engine;
  const closing = new AbortController();
  const close = () => closing.abort();
  const waiting: EventBlock[] = [];
  let end: StreamEnd | undefined;
  let wake = () => {};
  const timer = createTimer(clock, close);
  const restartTimer = () => timer.set(clock.monotonic() + SILENT_MS);
  const parse = createEventParser((block) => {
    if (waiting.push(block) > MOST_WAITING) close();
  });
  // NOTE: a transport may take long to notice that it is aborted, or never do.
  closing.signal.addEventListener('abort', () => {
    end ??= new NoAnswer('no-answer', 'The stream of events was closed');
    wake();
  });
  restartTimer();
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted) close();
  transport
    .send({
      method: 'GET',
      url,
      headers: {
        accept: 'text/event-stream, application/json',
        'accept-encoding': 'identity',
        authorization: `Bearer ${credential}`,
        'user-agent': userAgent,
        ...(position === undefined ? {} : { 'last-event-id': position }),
      },
      isRepeatable: true,
      signal: closing.signal,
      onText(text) {
        restartTimer();
        if (!closing.signal.aborted) parse(text);
        wake();
      },
    })
    .catch((error: unknown) => (error instanceof NoAnswer ? error : new NoAnswer('no-answer', 'The stream of events broke', error)))
    .then((ended) => {
      end ??= ended;
      timer.set(undefined);
      signal?.removeEventListener('abort', close);
      wake();
    });

  return {
    close,
    async *blocks() {
      for (;;) {
        for (let block = waiting.shift(); block; block = waiting.shift()) yield block;
        if (end) return end;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
