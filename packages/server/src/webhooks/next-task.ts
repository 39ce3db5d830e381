import type { EventPosition, Resource } from '../store/resource.ts';
import type { Store } from '../store/store.ts';
import type { Message } from './message.ts';
import { findNextMessage, messageAt } from './next-message.ts';

/** What a webhook has to do now. */
export type Task =
  | { readonly task: 'deliver'; readonly message: Message; readonly behind: EventPosition }
  /** Asked for; without a message where the event is not kept any more. */
  | { readonly task: 'redeliver'; readonly asked: EventPosition; readonly message: Message | undefined }
  | { readonly task: 'wait'; readonly waitMs: number }
  /** Nothing is due; every event before the position was looked at. */
  | { readonly task: 'none'; readonly behind: EventPosition };

/** No wait is longer, also where the wall clock was set back meanwhile. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Whether events are delivered to a webhook. */
export const isActive = ({ spec, observed, deletedAt }: Resource<'webhook'>): boolean =>
  spec.isEnabled && observed.disabled === undefined && deletedAt === undefined;

/** The task of an active webhook. A redelivery waits for nothing; an event waits for the next attempt at those before it. */
export async function nextTask(
  webhook: Resource<'webhook'>,
  store: Pick<Store, 'events' | 'tenantCreatedIn'>,
  nowMs: number,
): Promise<Task> {
  const { redeliveries, nextAttemptAt, failedAt = 0 } = webhook.observed;
  const [asked] = redeliveries;
  if (asked) return { task: 'redeliver', asked, message: await messageAt(webhook, asked, store) };
  // NOTE: a wall clock that is behind the failure was set back; the wait is over then.
  if (nextAttemptAt !== undefined && nextAttemptAt > nowMs && nowMs >= failedAt)
    return { task: 'wait', waitMs: Math.min(nextAttemptAt - nowMs, LONGEST_WAIT_MS) };
  const { message, behind } = await findNextMessage(webhook, store, nowMs);
  return message ? { task: 'deliver', message, behind } : { task: 'none', behind };
}
