import { SERVER_VERSION } from '../http/version.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { fleetMetrics } from './fleet-metrics.ts';
import { type Metric, metric } from './metric.ts';
import type { MetricSources, PageReadings } from './metric-sources.ts';

const heldSeconds = (step: ReturnType<ConfirmedTime['heldStep']>) => (step ? (step.wallMs - step.knownMs) / 1_000 : 0);

/** What was counted of requests and transactions, and what is known of the process. */
function countedMetrics(sources: MetricSources): Metric[] {
  const { writes } = sources;
  const certificateEndsAt = sources.certificateEndsAt();
  const certificate =
    certificateEndsAt === undefined
      ? []
      : [
          metric(
            'tls_certificate_expiry_seconds',
            'Seconds until the certificate of the server ends; negative afterwards',
            () => ((sources.certificateEndsAt() ?? 0) - sources.clock.now()) / 1_000,
          ),
        ];
  return [
    metric(
      'http_requests_total',
      'Answers of the API by route, status and code of the error',
      () => sources.requests.answers().map(({ count, ...labels }) => ({ labels, value: count })),
      'route, status, code',
    ),
    metric(
      'http_request_duration_seconds',
      'Time from a request to its answer',
      () => [...sources.requests.durations()].map(([route, histogram]) => ({ labels: { route }, histogram })),
      'route',
    ),
    metric('http_replays_total', 'Requests answered as the one before them with the same idempotency key', () => sources.requests.replays),
    metric('store_writes_total', 'Changes, leases and other writes, of which several share a transaction', () => writes.requests),
    metric('store_write_failures_total', 'Writes that failed with an error', () => writes.failed),
    metric('store_transaction_duration_seconds', 'Time of one transaction until it was on disk', () => [
      { labels: {}, histogram: writes.duration },
    ]),
    metric('build_info', 'The release that runs', () => ({ [SERVER_VERSION]: 1 }), 'version'),
    ...certificate,
  ];
}

/** Those of the deliveries to Alertmanager, where there is one. */
function alertmanagerMetrics({ alertmanagerCounters: counters, clock }: MetricSources): Metric[] {
  if (!counters) return [];
  return [
    metric('alertmanager_attempts_total', 'Deliveries to Alertmanager, checks included, by outcome', () => counters.attempts, 'outcome'),
    metric('alertmanager_pending', 'Tenants whose Alertmanager configuration is not in force yet', () => counters.pending),
    metric('alertmanager_rejected', 'Tenants whose Alertmanager configuration was refused', () => counters.rejected),
    metric('alertmanager_oldest_seconds', 'How long the oldest configuration waits that is not in force yet', () =>
      counters.oldestAt === undefined ? 0 : Math.max(0, clock.now() - counters.oldestAt) / 1_000,
    ),
  ];
}

/** All metrics in the order of the page, without their common prefix. */
export function metricTable(sources: MetricSources, page: PageReadings): readonly Metric[] {
  const { limits } = page;
  const { addressLimit, authBackoff, callerLimits, sharedLimit, overload, answers, store, confirmedTime, eventHub, working } = sources;
  const deliveries = sources.deliveryCounters;
  const { counters } = overload;
  const denied = () => ({ ...limits().denied, authentication: authBackoff.metrics.denied, ...callerLimits?.counters.denied });
  const shadowDenied = () => ({ ...limits().shadowDenied, ...callerLimits?.counters.shadowDenied });
  const bytes = () => addressLimit.bytes + authBackoff.bytes + (callerLimits?.bytes ?? 0);
  const diskUsage = async () => {
    const { database, free, log, idempotencyRecords } = await store.diskUsage();
    return { database, ...(free === undefined ? {} : { free }), ...(log === undefined ? {} : { log }), idempotency: idempotencyRecords };
  };
  const shared = sharedLimit
    ? [
        metric('limit_shared_up', 'Whether the store of the shared limit answers', () => (sharedLimit.isAvailable ? 1 : 0)),
        metric('limit_shared_processes', 'Processes that share the limit', () => sharedLimit.processes),
        metric(
          'limit_shared_unanswered_total',
          'Requests for which the store had no answer in time',
          () => sharedLimit.counters.unanswered,
        ),
        metric('limit_shared_trips_total', 'How often the store stopped to answer', () => sharedLimit.counters.trips),
      ]
    : [];
  return [
    ...shared,
    metric('http_answers_total', 'Answers on the public port, health checks included, by class of status', () => answers.byClass, 'class'),
    metric(
      'http_forwarded_total',
      'Requests by their word about the client: trusted, missing (from a trusted proxy without its header), untrusted (a header from any other peer)',
      () => ({ ...answers.forwarding }),
      'word',
    ),
    metric('limit_allowed_total', 'Requests that passed the limits of their address', () => limits().allowed),
    metric('limit_denied_total', 'Requests answered 429, by the policy that refused them', denied, 'policy'),
    metric('limit_shadow_denied_total', 'Requests that a policy in shadow mode would have refused', shadowDenied, 'policy'),
    metric('limit_near_limit_total', 'Requests that passed with at most a fifth of a limit left', () => limits().nearLimit),
    metric('limit_authentication_failures_total', 'Wrong credentials', () => authBackoff.metrics.failures),
    metric(
      'limit_evictions_total',
      'Keys that made room for new keys; none of them was over its limit',
      () => ({ ...limits().evictions, failures: authBackoff.metrics.evictions }),
      'table',
    ),
    metric('limit_overflow_total', 'New keys that found no room and were counted together with others', () => limits().overflows, 'table'),
    metric('overload_admitted_total', 'Requests that were begun', () => counters.admitted),
    metric('overload_refused_total', 'Requests answered 503 because too many ran', () => counters.refused),
    metric('overload_expired_total', 'Requests answered 503 because their deadline had passed', () => counters.expired),
    metric('limit_table_load', 'Share of the table that is in use', () => limits().tableLoad, 'table'),
    metric('limit_memory_bytes', 'Memory of the tables, taken at the start', bytes),
    metric('overload_limit', 'Requests that may run at the same time', () => overload.mostRunning),
    metric('overload_in_flight', 'Requests that run now', () => overload.running),
    metric('event_streams_open', 'Streams of events that are open', () => eventHub.open),
    metric('event_streams_unread_bytes', 'What their clients have not read yet', () => eventHub.unreadBytes),
    metric('event_streams_slow_total', 'Streams that were cut off because their clients did not read', () => eventHub.slow),
    metric('working', 'Whether this process makes clusters: 1 in one of several, 0 in the others', () => Number(working.isOn)),
    metric('webhook_attempts_total', 'Attempts to deliver an event to a webhook, by outcome', () => deliveries.attempts, 'outcome'),
    metric('webhook_pending', 'Webhooks with an event that is not delivered yet', () => deliveries.pending),
    metric('webhook_oldest_seconds', 'Age of the oldest event that is not delivered yet', () =>
      deliveries.oldestAt === undefined ? 0 : Math.max(0, sources.clock.now() - deliveries.oldestAt) / 1_000,
    ),
    ...alertmanagerMetrics(sources),
    ...countedMetrics(sources),
    ...fleetMetrics(sources, page),
    metric('store_bytes', 'Disk usage: the database, its free pages and idempotency records, and the write-ahead log', diskUsage, 'part'),
    metric('clock_held_step_seconds', 'Held step of the wall clock: seconds ahead of the confirmed time, negative when behind', () =>
      heldSeconds(confirmedTime.heldStep()),
    ),
  ];
}
