import { cell } from '../config-command/config-reference.ts';
import type { Metric } from './metric.ts';
import { kindOf } from './print-metrics.ts';

/** The reference page of the metrics, docs/reference/metrics.md. */
export function metricsReference(metrics: readonly Metric[]): string {
  const rows = metrics.map((metric) => {
    const labels = (metric.label ?? '').split(', ').filter(Boolean);
    return `| \`openkupe_${metric.name}\` | ${kindOf(metric)} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${cell(metric.help)} |`;
  });
  return `# Metrics

Served for Prometheus at \`/metrics\` on the port of \`OPENKUPE_METRICS_PORT\`. Printed from the table of metrics; a test fails where this page differs. No label holds
what a caller chooses: routes are those of the contract, with \`none\` for all that are not, so that the number of series is bounded. Metrics of the process
(\`process_…\`, \`nodejs_…\`) stand behind these.

\`openkupe_limit_shared_…\` are there with \`OPENKUPE_VALKEY_URL\`, \`openkupe_tls_…\` with \`--tls-cert\`, \`openkupe_alertmanager_…\` with \`OPENKUPE_ALERTMANAGER_URL\`. \`openkupe_http_requests_total\` counts what the API answered;
\`openkupe_http_answers_total\` also health checks and what the parser refused. Alerts are in \`deploy/prometheus/openkupe.rules.yml\`, dashboards in \`deploy/grafana/\`.

| metric | kind | labels | meaning |
|---|---|---|---|
${rows.join('\n')}
`;
}
