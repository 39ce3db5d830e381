import { type Event, formatTime } from '@openkupe/contract';
import type { StoredEvent } from '../store/store.ts';

/** The lines of one event without its id, as the HTML standard has server-sent events (§9.2.6). JSON has no line breaks. */
export function eventLines({ revision, at, key, type, message }: StoredEvent): string {
  const shown: Event = { revision, at: formatTime(at), kind: key.kind as Event['kind'], name: key.name, type, message };
  return `data: ${JSON.stringify(shown)}\n`;
}

/**
 * The events of one change. Only the last one has the revision as its id, so that a client whose connection breaks within it gets all of them
 * again.
 */
export function changeText(lines: readonly string[], revision: number): string {
  return lines.map((text, index) => `${text}${index === lines.length - 1 ? `id: ${revision}\n` : ''}\n`).join('');
}

const idBlock = (revision: number) => `id: ${revision}\n\n`;

/** Says where to go on, without an event: a block with an id alone sets the last event id of the client. */
export const positionText = (revision: number): Uint8Array => Buffer.from(idBlock(revision));

/** A comment, and the position. */
export const heartbeatText = (revision: number): Uint8Array => Buffer.from(`: alive\n${idBlock(revision)}`);

/** Events before `revision` are not kept any more: what is there has to be read again. */
export function resyncText(revision: number): Uint8Array {
  return Buffer.from(
    `event: resync\nid: ${revision}\ndata: ${JSON.stringify({ revision, reason: 'Events are missing; read the lists again' })}\n\n`,
  );
}

/** The first line: it sends the headers at once, and says after how many milliseconds to connect again. */
export const OPENING: Uint8Array = Buffer.from('retry: 2000\n\n');
