import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { AnswerCount } from '../http/answer-count.ts';
import type { Overload } from '../overload/overload.ts';
import type { AddressLimit, AddressLimitMetrics } from '../rate-limit/address-limit.ts';
import type { CallerLimits } from '../rate-limit/caller-limits.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';

/** The sources of the metrics, read at every scrape. Nothing is counted for the metrics alone while requests run. */
export interface MetricSources {
  readonly addressLimit: Pick<AddressLimit, 'metrics' | 'bytes'>;
  readonly authBackoff: Pick<AuthBackoff, 'metrics' | 'bytes'>;
  readonly callerLimits: Pick<CallerLimits, 'counters' | 'bytes'> | undefined;
  readonly overload: Pick<Overload, 'mostRunning' | 'running' | 'counters'>;
  readonly answers: AnswerCount;
  readonly store: Pick<Store, 'diskUsage'>;
  readonly confirmedTime: Pick<ConfirmedTime, 'heldStep'>;
}

/** The metrics in Prometheus' text format: those of this control plane, then those of the process. */
export interface MetricsPage {
  readonly contentType: string;
  print(): Promise<string>;
}

type Reading = number | Readonly<Record<string, number>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  /** The name of the label whose values are the keys of a reading. Never a value that callers choose: its cardinality would be unbounded. */
  readonly label?: string;
  read(): Reading | Promise<Reading>;
}

function addTo(register: Registry, kind: typeof Counter | typeof Gauge, { name, help, label, read }: Metric): void {
  new kind({
    name: `openkupe_${name}`,
    help,
    registers: [register],
    labelNames: label ? [label] : [],
    async collect() {
      const reading = await read();
      this.reset();
      if (typeof reading === 'number') return this.inc(reading);
      for (const [key, value] of Object.entries(reading)) this.inc({ [label ?? '']: key }, value);
    },
  });
}

/** The numbers of the address limit, read once for a whole page. */
type Now = () => AddressLimitMetrics;

function limitCounters({ authBackoff, callerLimits }: MetricSources, now: Now): Metric[] {
  return [
    { name: 'limit_allowed_total', help: 'Requests that passed the limits of their address', read: () => now().allowed },
    {
      name: 'limit_denied_total',
      help: 'Requests answered 429, by the policy that refused them',
      label: 'policy',
      read: () => ({ ...now().denied, authentication: authBackoff.metrics.denied, ...(callerLimits?.counters.denied ?? {}) }),
    },
    {
      name: 'limit_shadow_denied_total',
      help: 'Requests that a policy which is only watched would have refused',
      label: 'policy',
      read: () => ({ ...now().shadowDenied, ...(callerLimits?.counters.shadowDenied ?? {}) }),
    },
    { name: 'limit_near_limit_total', help: 'Requests that passed with at most a fifth of a limit left', read: () => now().nearLimit },
    { name: 'limit_authentication_failures_total', help: 'Wrong credentials', read: () => authBackoff.metrics.failures },
    {
      name: 'limit_evictions_total',
      help: 'Keys that made room for newcomers; none of them was over its limit',
      label: 'table',
      read: () => ({ ...now().evictions, failures: authBackoff.metrics.evictions }),
    },
    {
      name: 'limit_overflow_total',
      help: 'Times that a newcomer found no room and was counted together with others',
      label: 'table',
      read: () => now().overflows,
    },
  ];
}

function limitGauges({ addressLimit, authBackoff, callerLimits }: MetricSources, now: Now): Metric[] {
  return [
    { name: 'limit_table_load', help: 'Share of the table that is in use', label: 'table', read: () => now().tableLoad },
    {
      name: 'limit_memory_bytes',
      help: 'Memory of the tables, taken at the start',
      read: () => addressLimit.bytes + authBackoff.bytes + (callerLimits?.bytes ?? 0),
    },
  ];
}

function diskGauges({ store }: MetricSources): Metric[] {
  return [
    {
      name: 'store_bytes',
      help: 'What the store takes on disk: the database, of it free pages and answers kept under idempotency keys, and the write-ahead log',
      label: 'part',
      async read() {
        const { database, free, log, idempotencyRecords } = await store.diskUsage();
        return { database, free, log, idempotency: idempotencyRecords };
      },
    },
  ];
}

function overloadCounters({ overload: { counters } }: MetricSources): Metric[] {
  return [
    { name: 'overload_admitted_total', help: 'Requests that were begun', read: () => counters.admitted },
    {
      name: 'overload_refused_total',
      help: 'Requests answered 503 because too many ran',
      read: () => counters.refused,
    },
    { name: 'overload_expired_total', help: 'Requests answered 503 because their deadline had passed', read: () => counters.expired },
  ];
}

function overloadGauges({ overload }: MetricSources): Metric[] {
  return [
    { name: 'overload_limit', help: 'Requests that may run at the same time', read: () => overload.mostRunning },
    { name: 'overload_in_flight', help: 'Requests that run now', read: () => overload.running },
  ];
}

function clockGauges({ confirmedTime }: MetricSources): Metric[] {
  const help = 'Seconds by which the wall clock is ahead (behind: negative) of the time that bills go by, while that step is held back';
  const read = () => {
    const step = confirmedTime.heldStep();
    return step ? (step.wallMs - step.knownMs) / 1_000 : 0;
  };
  return [{ name: 'clock_held_step_seconds', help, read }];
}

let ofProcess: Registry | undefined;

/** Metrics of the process (memory, CPU, event loop, garbage collector): registered once, because several control planes can run in it. */
function processRegistry(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return ofProcess;
}

/** Registers all metrics; `print` reads the sources. */
export function createMetricsPage(sources: MetricSources): MetricsPage {
  const own = new Registry();
  const { addressLimit } = sources;
  let counted = addressLimit.metrics;
  const now = () => counted;
  const counters = [...limitCounters(sources, now), ...overloadCounters(sources)];
  const gauges = [...limitGauges(sources, now), ...overloadGauges(sources), ...diskGauges(sources), ...clockGauges(sources)];
  const answers: Metric = {
    name: 'http_answers_total',
    help: 'Answers on the public port, health checks included, by class of status',
    label: 'class',
    read: () => sources.answers.byClass,
  };
  for (const metric of [answers, ...counters]) addTo(own, Counter, metric);
  for (const metric of gauges) addTo(own, Gauge, metric);
  const process = processRegistry();
  return {
    contentType: own.contentType,
    async print() {
      counted = addressLimit.metrics;
      return `${await own.metrics()}\n${await process.metrics()}`;
    },
  };
}
