import type { EventPosition, Resource } from '../store/resource.ts';
import type { Store, StoredEvent } from '../store/store.ts';
import { areOfDifferentTimelines } from '../store/timeline.ts';
import { isForIt, type Message, messageOf, resyncMessage } from './message.ts';

type Reads = Pick<Store, 'events'>;

/** What is next for a webhook: a message and the position behind it; without a message the position that all has been looked at before. */
export interface NextMessage {
  readonly message?: Message;
  readonly behind: EventPosition;
}

/** Events that are read at once. */
const PAGE = 100;

/** Each event with its place among those of its revision. */
function* placed(page: readonly StoredEvent[]): Generator<{ readonly event: StoredEvent; readonly position: EventPosition }> {
  let [revision, index] = [-1, 0];
  for (const event of page) {
    index = event.revision === revision ? index + 1 : 0;
    revision = event.revision;
    yield { event, position: { revision, index } };
  }
}

const isBefore = (one: EventPosition, other: EventPosition) =>
  one.revision < other.revision || (one.revision === other.revision && one.index < other.index);

/**
 * The first event from the webhook's position on that it is for. Where events before it were cut off, or lost by a restore, first a message that says so.
 */
export async function findNextMessage(webhook: Resource<'webhook'>, store: Reads, nowMs: number): Promise<NextMessage> {
  let from = webhook.observed.position;
  for (;;) {
    const page = await store.events(Math.max(0, from.revision - 1), PAGE);
    const [first] = page;
    if (!first) return { behind: from };
    if (first.revision > from.revision && from === webhook.observed.position) {
      const [oldest] = await store.events(0, 1);
      if (oldest && oldest.revision > from.revision) {
        const behind = { revision: oldest.revision, index: 0 };
        return { message: resyncMessage(webhook, oldest.revision, nowMs), behind };
      }
    }
    for (const { event, position } of placed(page)) {
      if (isBefore(position, from)) continue;
      if (areOfDifferentTimelines(position.revision, from.revision))
        return { message: resyncMessage(webhook, position.revision, nowMs), behind: position };
      const isDue = event.key.tenant === webhook.tenant && isForIt(webhook, `${event.key.kind}.${event.type}`);
      if (isDue) return { message: messageOf(webhook, event, position), behind: { ...position, index: position.index + 1 } };
    }
    from = { revision: (page.at(-1)?.revision ?? from.revision) + 1, index: 0 };
  }
}

/** The event at a position as a message; `undefined` where it is not kept, or is of another tenant, also an earlier one of the same name. */
export async function messageAt(
  webhook: Resource<'webhook'>,
  asked: EventPosition,
  store: Pick<Store, 'events' | 'tenantCreatedIn'>,
): Promise<Message | undefined> {
  if (asked.revision < (await store.tenantCreatedIn(webhook.tenant))) return undefined;
  const page = await store.events(asked.revision - 1, 1);
  for (const { event, position } of placed(page)) {
    const isIt = position.revision === asked.revision && position.index === asked.index;
    if (isIt) return event.key.tenant === webhook.tenant ? messageOf(webhook, event, position) : undefined;
  }
  return undefined;
}
