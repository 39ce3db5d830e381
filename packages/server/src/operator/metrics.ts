import type { OperatorRoute } from './operator-route.ts';

/** What this process has counted since its start, as Prometheus reads it. */
export const OPERATOR_METRICS_ROUTES: readonly OperatorRoute[] = [
  {
    id: 'operator.metrics.print',
    method: 'GET',
    path: '/metrics',
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    run: (_call, { metricsPage }) => metricsPage.print(),
  },
];
