import type { MetricSources } from './metric-sources.ts';

/** The media type of {@link MetricsPage}: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The metrics in Prometheus' text format: those of this control plane, then those of the process. */
export interface MetricsPage {
  print(): Promise<string>;
}

/**
 * The page of the metrics. Their library is loaded at the first `print`, because it takes 4 MiB and many servers are never scraped; delays of
 * the event loop and garbage collections are counted from then on.
 */
export function createMetricsPage(sources: MetricSources): MetricsPage {
  let prepared: Promise<() => Promise<string>> | undefined;
  return {
    async print() {
      prepared ??= import('./print-metrics.ts').then(({ prepareMetrics }) => prepareMetrics(sources));
      return (await prepared)();
    },
  };
}
