import { collectDefaultMetrics, type Metric as LibraryMetric, Registry } from 'prom-client';
import { SECONDS } from '../counters/histogram.ts';
import { StoreUnavailableError } from '../store/store.ts';
import type { HistogramSample, Metric, Reading, Sample } from './metric.ts';
import type { MetricSources, PageReadings } from './metric-sources.ts';
import { metricTable } from './metric-table.ts';

/** A sample as the library prints it, under a name of its own in a histogram. */
interface PrintedSample extends Sample {
  readonly metricName?: string;
}

function histogramSamples(name: string, { labels, histogram }: HistogramSample): PrintedSample[] {
  const { buckets, count, sum } = histogram.read();
  return [
    ...buckets.map((value, index) => ({ metricName: `${name}_bucket`, labels: { ...labels, le: String(SECONDS[index]) }, value })),
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** Prometheus waits ten seconds for the whole page, unless it is set to something else. */
const LONGEST_READ_MS = 2_000;

/** What a metric says now; nothing where the store cannot be asked or is silent: the other metrics are needed most then. */
async function readInTime({ read }: Metric, clock: MetricSources['clock']): Promise<Reading> {
  const reading = read();
  if (!(reading instanceof Promise)) return reading;
  const answered = new AbortController();
  try {
    return await Promise.race([reading, clock.sleep(LONGEST_READ_MS, answered.signal).then(() => [])]);
  } catch (error) {
    if (error instanceof StoreUnavailableError) return [];
    throw error;
  } finally {
    answered.abort();
  }
}

async function samplesOf(name: string, metric: Metric, clock: MetricSources['clock']): Promise<readonly PrintedSample[]> {
  const { label } = metric;
  const reading = await readInTime(metric, clock);
  if (typeof reading === 'number') return [{ labels: {}, value: reading }];
  if (Array.isArray(reading))
    return (reading as readonly (Sample | HistogramSample)[]).flatMap((one) => ('histogram' in one ? histogramSamples(name, one) : [one]));
  return Object.entries(reading as Readonly<Record<string, number>>).map(([key, value]) => ({ labels: { [label ?? '']: key }, value }));
}

/** The kind of a metric, by the end of its name. */
export function kindOf({ name }: Pick<Metric, 'name'>): 'counter' | 'gauge' | 'histogram' {
  if (name.endsWith('_total')) return 'counter';
  return name.endsWith('_duration_seconds') ? 'histogram' : 'gauge';
}

/** NOTE: the library's own classes count; what is counted elsewhere is handed to it as it prints it. */
function register(registry: Registry, metric: Metric, clock: MetricSources['clock']): void {
  const name = `openkupe_${metric.name}`;
  const { help } = metric;
  const get = async () => ({ name, help, type: kindOf(metric), aggregator: 'sum', values: await samplesOf(name, metric, clock) });
  registry.registerMetric({ name, get } as unknown as LibraryMetric);
}

const MOST_TENANTS = 10_000;

let ofProcess: Registry | undefined;

/** Metrics of the process (memory, CPU, event loop, garbage collector): registered once, because several control planes can run in it. */
function processRegistry(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return ofProcess;
}

/** Registers all metrics; the function that it returns reads the sources, and {@link PageReadings} once for the whole page. */
export function prepareMetrics(sources: MetricSources): () => Promise<string> {
  const own = new Registry();
  let limits = sources.addressLimit.metrics;
  let due: ReturnType<PageReadings['due']> | undefined;
  const readDue = () => {
    due ??= sources.store.dueTenants(MOST_TENANTS);
    return due;
  };
  for (const metric of metricTable(sources, { limits: () => limits, due: readDue })) register(own, metric, sources.clock);
  const process = processRegistry();
  return async () => {
    limits = sources.addressLimit.metrics;
    due = undefined;
    return `${await own.metrics()}\n${await process.metrics()}`;
  };
}
