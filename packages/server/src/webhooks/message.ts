import { formatTime } from '@openkupe/contract';
import type { EventPosition, Resource } from '../store/resource.ts';
import type { StoredEvent } from '../store/store.ts';

/** A message on its way: what it is about, its id and its body. */
export interface Message extends EventPosition {
  readonly type: string;
  /** The `webhook-id`: the same for every attempt, other for every webhook. */
  readonly id: string;
  readonly body: string;
  /** When it happened, epoch milliseconds. */
  readonly eventAt: number;
}

/** What names an event in the log of deliveries. */
export const deliveryId = ({ revision, index }: EventPosition): string => `${revision}-${index}`;

const messageId = ({ uid }: Pick<Resource, 'uid'>, position: EventPosition): string => `msg_${uid}_${deliveryId(position)}`;

/** Whether a webhook is for an event of this type. */
export function isForIt({ spec: { events } }: Resource<'webhook'>, type: string): boolean {
  const [kind, what] = type.split('.');
  return events === undefined || events.some((one) => [`${kind}.${what}`, `${kind}.*`, `*.${what}`, '*.*'].includes(one));
}

/** An event as a message: its type is `<kind>.<type>`, and its data what a stream of events shows, with the tenant. */
export function messageOf(webhook: Resource<'webhook'>, event: StoredEvent, position: EventPosition): Message {
  const { key, at, revision, message } = event;
  const type = `${key.kind}.${event.type}`;
  const data = { tenant: key.tenant, revision, kind: key.kind, name: key.name, type: event.type, message };
  const body = JSON.stringify({ type, timestamp: formatTime(at), data });
  return { ...position, type, id: messageId(webhook, position), body, eventAt: at };
}

/** The message in place of events that are not kept any more. */
export function resyncMessage(webhook: Resource<'webhook'>, revision: number, nowMs: number): Message {
  const position = { revision, index: 0 };
  const data = { tenant: webhook.tenant, revision, message: 'Events may be missing; read the lists again' };
  const body = JSON.stringify({ type: 'resync', timestamp: formatTime(nowMs), data });
  return { ...position, type: 'resync', id: `${messageId(webhook, position)}_resync`, body, eventAt: nowMs };
}
