import type { Clock } from '@openkupe/contract';
import type { AlertmanagerCounters } from '../alertmanager/alertmanager-counters.ts';
import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { BillingCounters } from '../counters/billing-counters.ts';
import type { ClusterCensus } from '../counters/cluster-census.ts';
import type { ReconcileCounters } from '../counters/reconcile-counters.ts';
import type { RequestCounters } from '../counters/request-counters.ts';
import type { WriteCounters } from '../counters/write-counters.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { AnswerCount } from '../http/send-reply.ts';
import type { Overload } from '../overload/overload.ts';
import type { AddressLimit } from '../rate-limit/address-limit.ts';
import type { CallerLimits } from '../rate-limit/caller-limits.ts';
import type { SharedLimit } from '../rate-limit/shared-limit.ts';
import type { DueTenant, Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import type { DeliveryCounters } from '../webhooks/delivery-counters.ts';

/** The sources of the metrics, read at every scrape. */
export interface MetricSources {
  readonly addressLimit: Pick<AddressLimit, 'metrics' | 'bytes'>;
  readonly authBackoff: Pick<AuthBackoff, 'metrics' | 'bytes'>;
  readonly callerLimits: Pick<CallerLimits, 'counters' | 'bytes'> | undefined;
  /** Where the limit of addresses is shared. */
  readonly sharedLimit?: Pick<SharedLimit, 'isAvailable' | 'processes' | 'counters'> | undefined;
  readonly overload: Pick<Overload, 'mostRunning' | 'running' | 'counters'>;
  readonly answers: AnswerCount;
  readonly requests: RequestCounters;
  readonly reconciles: ReconcileCounters;
  readonly census: ClusterCensus;
  readonly billing: BillingCounters;
  readonly writes: WriteCounters;
  /** When the certificate in use ends, epoch milliseconds; `undefined` without TLS. */
  readonly certificateEndsAt: () => number | undefined;
  readonly store: Pick<Store, 'diskUsage' | 'dueTenants'>;
  readonly confirmedTime: Pick<ConfirmedTime, 'heldStep'>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Of the process that works. */
  readonly deliveryCounters: Pick<DeliveryCounters, 'attempts' | 'pending' | 'oldestAt'>;
  /** Of the process that works, where there is an Alertmanager. */
  readonly alertmanagerCounters?: Pick<AlertmanagerCounters, 'attempts' | 'pending' | 'rejected' | 'oldestAt'> | undefined;
  readonly eventHub: Pick<EventHub, 'open' | 'unreadBytes' | 'slow'>;
  /** Whether this process works on what is due; of several one at a time does. */
  readonly working: { readonly isOn: boolean };
}

/** What several metrics of a page are made of, read once for all of them. */
export interface PageReadings {
  readonly limits: () => AddressLimit['metrics'];
  /** Tenants with due work, at most ten thousand. */
  readonly due: () => Promise<readonly DueTenant[]>;
}
