import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { type Metric, type MetricSources, metricTable } from './metric-table.ts';

function register(registry: Registry, { name, help, label, read }: Metric): void {
  const kind: typeof Counter | typeof Gauge = name.endsWith('_total') ? Counter : Gauge;
  new kind({
    name: `openkupe_${name}`,
    help,
    registers: [registry],
    labelNames: label ? [label] : [],
    async collect() {
      const reading = await read();
      this.reset();
      if (typeof reading === 'number') return this.inc(reading);
      for (const [key, value] of Object.entries(reading)) this.inc({ [label ?? '']: key }, value);
    },
  });
}

let ofProcess: Registry | undefined;

/** Metrics of the process (memory, CPU, event loop, garbage collector): registered once, because several control planes can run in it. */
function processRegistry(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return ofProcess;
}

/** Registers all metrics; the function that it returns reads the sources, and the numbers of the address limit once for the whole page. */
export function prepareMetrics(sources: MetricSources): () => Promise<string> {
  const own = new Registry();
  let limits = sources.addressLimit.metrics;
  for (const metric of metricTable(sources, () => limits)) register(own, metric);
  const process = processRegistry();
  return async () => {
    limits = sources.addressLimit.metrics;
    return `${await own.metrics()}\n${await process.metrics()}`;
  };
}
