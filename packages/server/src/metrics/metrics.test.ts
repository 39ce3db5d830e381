import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOnPath } from '@openkupe/contract/testing/program-on-path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAlertmanagerCounters } from '../alertmanager/alertmanager-counters.ts';
import { type BillingCounters, createBillingCounters } from '../counters/billing-counters.ts';
import { createClusterCensus } from '../counters/cluster-census.ts';
import { StoreUnavailableError } from '../store/store.ts';
import { type InProcess, startInProcess } from '../testing/in-process.ts';
import { createDeliveryCounters } from '../webhooks/delivery-counters.ts';
import type { MetricSources } from './metric-sources.ts';
import { metricTable } from './metric-table.ts';
import { createMetricsPage } from './metrics-page.ts';
import { metricsReference } from './metrics-reference.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const promtool = programOnPath('promtool');
const HISTOGRAM_ENDINGS = /_(bucket|sum|count)$/;

let server: InProcess;
let sources: MetricSources;
let billing: BillingCounters;
beforeEach(async () => {
  server = await startInProcess();
  billing = createBillingCounters();
  sources = {
    ...server.plane.ports,
    callerLimits: undefined,
    sharedLimit: { isAvailable: true, processes: 2, counters: { asked: 0, unanswered: 0, trips: 0 } },
    certificateEndsAt: () => server.clock.now() + 60_000,
    billing,
    census: createClusterCensus({ shared: 'sandbox', dedicated: 'local' }, { store: server.plane.ports.store, clock: server.clock }),
    deliveryCounters: createDeliveryCounters(),
    alertmanagerCounters: createAlertmanagerCounters(),
    working: { isOn: true },
  };
});
afterEach(() => server.stop());

const table = () => metricTable(sources, { limits: () => sources.addressLimit.metrics, due: () => sources.store.dueTenants(10) });
const names = () => new Set(table().map(({ name }) => `openkupe_${name}`));

async function scrape(): Promise<Map<string, number>> {
  const lines = (await createMetricsPage(sources).print()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

/** The metrics of ours that a text names. */
const namedIn = (text: string) => [...text.matchAll(/\bopenkupe_[a-z0-9_]+/g)].map(([name]) => name);

describe('the metrics', () => {
  it('count answers by route, status and code, and their durations', async () => {
    await server.send({ method: 'GET', path: '/api/v1/tenants/demo/clusters' });
    await server.send({ method: 'GET', path: '/api/v1/tenants/demo/clusters', key: null });
    await server.send({ method: 'GET', path: '/api/v1/nothing' });
    const samples = await scrape();
    expect(samples.get('openkupe_http_requests_total{route="clusters.list",status="200",code=""}')).toBe(1);
    const of = (status: string) =>
      [...samples.keys()].filter((name) => name.startsWith('openkupe_http_requests_total') && name.includes(status));
    expect(of('status="401"')).toHaveLength(1);
    expect(of('route="none"')).toHaveLength(1);
    expect(samples.get('openkupe_http_request_duration_seconds_count{route="clusters.list"}')).toBe(2);
    expect(samples.get('openkupe_http_request_duration_seconds_bucket{route="clusters.list",le="+Inf"}')).toBe(2);
  });

  it('count writes and transactions of the store', async () => {
    const before = await scrape();
    await server.clock.advance(1);
    await server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name: 'one', version: '1.33' } });
    const after = await scrape();
    for (const name of ['openkupe_store_writes_total', 'openkupe_store_transaction_duration_seconds_count'])
      expect(after.get(name), name).toBeGreaterThan(before.get(name) ?? Number.NaN);
    expect([after.get('openkupe_work_due'), after.get('openkupe_work_oldest_seconds')]).toEqual([1, 0]);
    await server.clock.advance(7_000);
    expect((await scrape()).get('openkupe_work_oldest_seconds')).toBe(7);
  });

  it('count clusters by engine and phase, and what is answered again', async () => {
    const create = (name: string, type: string, headers = {}) =>
      server.send({ method: 'POST', path: '/api/v1/tenants/demo/clusters', body: { name, version: '1.33', type }, headers });
    const twice = { 'idempotency-key': 'once-and-again' };
    for (const attempt of [1, 2]) expect([attempt, (await create('one', 'shared', twice)).status]).toEqual([attempt, 201]);
    await create('two', 'shared');
    const samples = await scrape();
    expect(samples.get('openkupe_clusters{engine="sandbox",phase="Pending"}')).toBe(2);
    expect([samples.get('openkupe_http_replays_total'), samples.get('openkupe_events_total')]).toEqual([1, expect.any(Number)]);
    sources = { ...sources, working: { isOn: false } };
    expect([...(await scrape()).keys()].filter((name) => name.startsWith('openkupe_clusters'))).toEqual([]);
  });

  it('name the phase in which the reconciler fails', async () => {
    sources.reconciles.note({ kind: 'cluster', phase: 'Upgrading' }, 'failed', 2);
    sources.reconciles.note({ kind: 'tenant', phase: '' }, 'done', 0.1);
    billing.note(3, 1);
    const samples = await scrape();
    expect(samples.get('openkupe_reconcile_total{kind="cluster",phase="Upgrading",outcome="failed"}')).toBe(1);
    expect(samples.get('openkupe_reconcile_duration_seconds_sum{kind="cluster",phase="Upgrading"}')).toBe(2);
    expect([samples.get('openkupe_billing_invoices_issued_total'), samples.get('openkupe_billing_overdue_tenants')]).toEqual([3, 1]);
  });

  it.each([
    ['refuses', () => Promise.reject(new StoreUnavailableError('away'))],
    ['is silent', () => new Promise<never>(() => {})],
  ])('are there but for those of the store while it %s', async (_what, answer) => {
    sources = { ...sources, store: { diskUsage: answer, dueTenants: answer } };
    const page = scrape();
    await server.clock.runUntil(page);
    const samples = await page;
    expect([samples.has('openkupe_work_due'), samples.has('openkupe_store_bytes{part="database"}')]).toEqual([false, false]);
    expect(samples.get('openkupe_working')).toBe(1);
  });

  it('have no series that a caller can make: names, ids and paths are in none', async () => {
    const ask = (n: number) => server.send({ method: n % 2 ? 'GET' : 'DELETE', path: `/api/v1/tenants/demo/clusters/c${n}?x${n}=1` });
    for (let n = 0; n < 4; n += 1) await ask(n);
    const before = (await scrape()).size;
    for (let n = 4; n < 200; n += 1) await ask(n);
    for (let n = 0; n < 50; n += 1) await server.send({ method: 'GET', path: `/elsewhere/${n}` });
    const samples = await scrape();
    expect(samples.size - before).toBeLessThanOrEqual(20);
    expect([...samples.keys()].join('\n')).not.toMatch(/c17|elsewhere/);
  });

  it('are those of docs/reference/metrics.md, and all of them are on the page', async () => {
    await expect(metricsReference(table())).toMatchFileSnapshot(join(ROOT, 'docs/reference/metrics.md'));
    await server.send({ method: 'GET', path: '/api/v1/plans' });
    const page = await createMetricsPage(sources).print();
    const typed = [...page.matchAll(/^# TYPE (openkupe_\S+) /gm)].map(([, name]) => name);
    expect(new Set(typed)).toEqual(names());
  });
});

describe('what is deployed beside it', () => {
  it.each(['deploy/prometheus', 'deploy/grafana'])('%s names metrics that are there', (folder) => {
    const texts = readdirSync(join(ROOT, folder)).map((file) => readFileSync(join(ROOT, folder, file), 'utf8'));
    const known = names();
    const named = texts.flatMap(namedIn).filter((name) => !['openkupe_server', 'openkupe_fleet'].includes(name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.has(name) && !known.has(name.replace(HISTOGRAM_ENDINGS, '')))).toEqual([]);
  });

  it('each dashboard is JSON with panels that ask something', () => {
    for (const file of readdirSync(join(ROOT, 'deploy/grafana'))) {
      const { panels, title } = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana', file), 'utf8'));
      expect([title, panels.length > 5]).toEqual([expect.stringContaining('openkupe'), true]);
      for (const { targets } of panels) expect(targets.every(({ expr }: { expr: string }) => expr.length > 0)).toBe(true);
    }
  });
});

describe.skipIf(!promtool)('promtool (needs promtool on the PATH)', () => {
  const run = (args: string[], input?: string) =>
    execFileSync(promtool ?? '', args, { encoding: 'utf8', cwd: join(ROOT, 'deploy/prometheus'), ...(input !== undefined && { input }) });

  it('finds nothing wrong with our part of the page', async () => {
    await server.send({ method: 'GET', path: '/api/v1/plans' });
    const page = await createMetricsPage(sources).print();
    expect(run(['check', 'metrics'], page.slice(0, page.indexOf('# HELP process_')))).toBe('');
  });

  it('every alert fires when it should', () => {
    expect(run(['test', 'rules', 'openkupe.rules.test.yml'])).toContain('SUCCESS');
  });
});
