import type { ResourceKey } from '../store/resource.ts';

type WebhookKey = Pick<ResourceKey<'webhook'>, 'tenant' | 'name'>;

/** What the deliveries of this process came to, for the metrics. */
export interface DeliveryCounters {
  /** Attempts since the start, redeliveries included. */
  readonly attempts: { readonly delivered: number; readonly failed: number };
  /** Webhooks with an event that is not delivered yet. */
  readonly pending: number;
  /** When the oldest of these events happened, epoch milliseconds; `undefined` where there is none. */
  readonly oldestAt: number | undefined;
  /** Counts an attempt. */
  countAttempt(isDelivered: boolean): void;
  /** The first event of a webhook that is not delivered, by its time; without one, its last known one, or else `orElse`. */
  notePending(key: WebhookKey, eventAt: number | undefined, orElse?: number): void;
  /** Everything was delivered to the webhook, or nothing is to be. */
  noteIdle(key: WebhookKey): void;
  /** Forgets what is pending, because another process delivers from here on. */
  clear(): void;
}

/** Counts from zero. */
export function createDeliveryCounters(): DeliveryCounters {
  const attempts = { delivered: 0, failed: 0 };
  const pending = new Map<string, number>();
  const idOf = ({ tenant, name }: WebhookKey) => `${tenant}/${name}`;
  return {
    attempts,
    get pending() {
      return pending.size;
    },
    get oldestAt() {
      let oldest: number | undefined;
      for (const at of pending.values()) oldest = Math.min(oldest ?? at, at);
      return oldest;
    },
    countAttempt(isDelivered) {
      attempts[isDelivered ? 'delivered' : 'failed'] += 1;
    },
    notePending(key, eventAt, orElse) {
      const at = eventAt ?? pending.get(idOf(key)) ?? orElse;
      if (at !== undefined) pending.set(idOf(key), at);
    },
    noteIdle: (key) => void pending.delete(idOf(key)),
    clear: () => pending.clear(),
  };
}
