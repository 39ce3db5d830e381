import type { StoredEvent } from '../store/store.ts';
import { changeText, eventLines } from './event-text.ts';

/** Events of one tenant, as the streams that show the same of them share it. */
interface RenderedPage {
  /** Of the last event. */
  readonly revision: number;
  /** Whether one of them may end what a caller is allowed. */
  readonly endsAccess: boolean;
  /** What a stream shows of those that it has not seen; `undefined` for nothing. */
  textFor(stream: Reader): Uint8Array | undefined;
}

interface Reader {
  readonly seen: number;
  readonly request: { shows(event: StoredEvent): boolean };
}

/** Events about these may end what a caller is allowed. */
const ABOUT_ACCESS: ReadonlySet<string> = new Set(['api-key', 'tenant']);

/** Renders each event once, and each selection of them once, however many streams show it. Oldest first. */
export function renderPage(events: readonly StoredEvent[]): RenderedPage {
  const lines = events.map(eventLines);
  const texts = new Map<string, Uint8Array>();

  function textOf(shown: readonly number[]): Uint8Array {
    const changes = Map.groupBy(shown, (index) => events[index]?.revision ?? 0);
    const text = [...changes]
      .map(([revision, indices]) =>
        changeText(
          indices.map((index) => lines[index] ?? ''),
          revision,
        ),
      )
      .join('');
    return Buffer.from(text);
  }
  return {
    revision: events.at(-1)?.revision ?? 0,
    endsAccess: events.some(({ key }) => ABOUT_ACCESS.has(key.kind)),
    textFor({ seen, request }) {
      const shown: number[] = [];
      for (const [index, event] of events.entries()) if (event.revision > seen && request.shows(event)) shown.push(index);
      if (shown.length === 0) return undefined;
      const selection = shown.join();
      const text = texts.get(selection) ?? textOf(shown);
      texts.set(selection, text);
      return text;
    },
  };
}
