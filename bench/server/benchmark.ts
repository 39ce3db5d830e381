import type { Compared } from '../harness/alternate.ts';
import type { Benchmark } from '../harness/benchmark.ts';
import { digits, markdown, range, ratio, ratiosTable } from '../harness/table.ts';
import type { Row } from './contestants.ts';
import { type EventResults, HUB, MANY, measureEvents } from './events.ts';
import {
  type Latencies,
  measureLarge,
  measureMixed,
  measurePages,
  measureReads,
  measureRest,
  measureSlowDisk,
  measureWrites,
  type Reads,
  type Rest,
} from './parts.ts';
import { LARGE_ON_POSTGRES, measurePostgres, ON_POSTGRES, type OnPostgres, TWO_ON_POSTGRES } from './postgres.ts';
import { measureReconciler, type OfReconciler, RECONCILER, RECONCILER_ON_POSTGRES } from './reconciler.ts';

interface Results {
  readonly reads: Reads;
  readonly writes: readonly Compared<'perSecond' | 'cpuUs'>[];
  readonly mixed: Latencies;
  readonly 'slow-disk': Latencies;
  readonly rest: Rest;
  readonly large: readonly Compared<'get' | 'patch'>[];
  readonly pages: readonly Compared<'perSecond'>[];
  readonly events: EventResults;
  readonly postgres: readonly Compared<OnPostgres>[];
  readonly reconciler: readonly Compared<OfReconciler>[];
}

const ROW_NAMES: Readonly<Record<Row, string>> = {
  get: 'GET one cluster',
  list: 'list of 50',
  refused: '429',
  unchanged: '304',
  shed: '503',
};

const medianOf = <Name extends string>(rows: readonly Compared<Name>[] | undefined, name: string, measure: Name) =>
  rows?.find((row) => row.name === name)?.values[measure].median;
const ratioOf = <Name extends string>(rows: readonly Compared<Name>[] | undefined, name: string, measure: Name) =>
  rows?.find((row) => row.name === name)?.ratios[measure].median;

/** One of the medians over another; undefined where the part was not measured. */
function over(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}
const ofFastify = ({ reads }: Partial<Results>, row: Row) =>
  over(ratioOf(reads?.[row], 'openkupe', 'perSecond'), ratioOf(reads?.[row], 'fastify', 'perSecond'));

/** How many times the rate of one of those on PostgreSQL that of another is. */
const onPostgres =
  (one: string, other: string, measure: OnPostgres) =>
  ({ postgres }: Partial<Results>) =>
    over(medianOf(postgres, one, measure), medianOf(postgres, other, measure));

function readsTable(reads: Reads): string {
  const lines = (Object.keys(ROW_NAMES) as Row[]).flatMap((row) =>
    // NOTE: kept results may be of before a row was added.
    (reads[row] ?? []).map(({ name, values, ratios }) => [
      ROW_NAMES[row],
      name === 'openkupe' ? `**${name}**` : name === 'http' ? 'openkupe, HTTP side alone' : name,
      range(ratios.perSecond, ratio),
      range(values.perSecond),
      digits(values.cpuUs.median),
    ]),
  );
  return markdown(['', '', 'ratio to bare', 'answers/s', 'CPU µs each'], lines);
}

const latencyTable =
  (first: string, second: string) =>
  ({ firstMs, secondMs, ratio: times }: Latencies) =>
    markdown([first, second, 'ratio'], [[`${range(firstMs)} ms`, `${range(secondMs)} ms`, range(times)]]);

const LARGE = '100,000 clusters';
const ALONE = `${LARGE}, reconciler not started`;

/** The benchmark of the server: what a request costs, beside what could stand in its place. */
export const benchmark: Benchmark<Results> = {
  parts: {
    reads: { measure: measureReads, table: readsTable },
    writes: {
      measure: measureWrites,
      table: (rows) => ratiosTable(rows, 'perSecond', { perSecond: 'guarded updates/s', cpuUs: 'CPU µs each' }),
    },
    mixed: { measure: measureMixed, table: latencyTable('p50 of GET', 'p99 of GET') },
    'slow-disk': { measure: measureSlowDisk, table: latencyTable('p99 of GET alone', 'p99 of GET beside 4 writers') },
    rest: { measure: measureRest, table: (rows) => ratiosTable(rows, 'restMiB', { restMiB: 'memory, MiB', startMs: 'start, ms' }) },
    large: { measure: measureLarge, table: (rows) => ratiosTable(rows, 'get', { get: 'GETs/s', patch: 'guarded PATCHes/s' }) },
    pages: { measure: measurePages, table: (rows) => ratiosTable(rows, 'perSecond', { perSecond: 'pages of 100 a second' }) },
    events: {
      measure: measureEvents,
      table: ({ fanOut, many }) =>
        `${ratiosTable(fanOut, 'p99Ms', { p99Ms: 'p99 to 1,000 readers, ms', p50Ms: 'p50, ms', cpuMs: 'CPU ms for each event' })}\n\n${markdown(
          ['open streams', 'p99, ms', 'KiB each'],
          [[digits(MANY), digits(many.p99Ms), digits(many.kibEach)]],
        )}`,
    },
    postgres: {
      measure: measurePostgres,
      table: (rows) => ratiosTable(rows, 'patch', { patch: 'guarded PATCHes/s', get: 'GETs/s', page: 'pages of 50/s' }),
    },
    reconciler: {
      measure: measureReconciler,
      table: (rows) => ratiosTable(rows, 'perSecond', { perSecond: 'clusters/s', cpuUs: 'CPU µs each' }),
    },
  },
  targets: [
    { text: 'GET, of the Fastify stack', of: (results) => ofFastify(results, 'get'), atLeast: 1.2 },
    { text: 'GET, of bare', of: ({ reads }) => ratioOf(reads?.get, 'openkupe', 'perSecond'), atLeast: 0.36 },
    { text: 'list of 50, of the Fastify stack', of: (results) => ofFastify(results, 'list'), atLeast: 1.2 },
    { text: '429, of bare', of: ({ reads }) => ratioOf(reads?.refused, 'openkupe', 'perSecond'), atLeast: 0.6 },
    {
      text: '304, of GET',
      of: ({ reads }) => over(medianOf(reads?.unchanged, 'openkupe', 'perSecond'), medianOf(reads?.get, 'openkupe', 'perSecond')),
      atLeast: 1,
    },
    { text: 'guarded PATCH at 32 in flight, of the store', of: ({ writes }) => ratioOf(writes, 'openkupe', 'perSecond'), atLeast: 0.5 },
    { text: 'mixed load: p99, times p50', of: ({ mixed }) => mixed?.ratio.median, atMost: 3 },
    { text: 'read p99 at 300 ms fsync, times that without writers', of: (results) => results['slow-disk']?.ratio.median, atMost: 2 },
    { text: 'memory at rest, MiB', of: ({ rest }) => medianOf(rest, '50 clusters', 'restMiB'), atMost: 120 },
    { text: 'start, ms', of: ({ rest }) => medianOf(rest, '50 clusters', 'startMs'), atMost: 1_000 },
    { text: `start with ${LARGE}, ms`, of: ({ rest }) => medianOf(rest, LARGE, 'startMs'), atMost: 1_500 },
    { text: `memory with ${LARGE}, times the small store`, of: ({ rest }) => ratioOf(rest, LARGE, 'restMiB'), atMost: 1.2 },
    { text: `GET with ${LARGE}, of the small store`, of: ({ large }) => ratioOf(large, LARGE, 'get'), atLeast: 0.9 },
    { text: `PATCH with ${LARGE}, of the small store`, of: ({ large }) => ratioOf(large, LARGE, 'patch'), atLeast: 0.9 },
    { text: `GET with ${ALONE}, of the small store`, of: ({ large }) => ratioOf(large, ALONE, 'get'), atLeast: 0.9 },
    { text: `PATCH with ${ALONE}, of the small store`, of: ({ large }) => ratioOf(large, ALONE, 'patch'), atLeast: 0.9 },
    {
      text: 'page of 100 among 100,000 clusters, of one among 200',
      of: ({ pages }) => ratioOf(pages, 'among 100,000', 'perSecond'),
      atLeast: 0.67,
    },
    { text: 'an event at 1,000 readers, p99 ms', of: ({ events }) => medianOf(events?.fanOut, HUB, 'p99Ms'), atMost: 250 },
    { text: 'with 10,000 open streams, p99 ms', of: ({ events }) => events?.many.p99Ms, atMost: 250 },
    { text: 'guarded PATCH on PostgreSQL, of pgbench', of: ({ postgres }) => ratioOf(postgres, ON_POSTGRES, 'patch'), atLeast: 0.5 },
    { text: `GET on PostgreSQL: 50 clusters, times ${LARGE}`, of: onPostgres(ON_POSTGRES, LARGE_ON_POSTGRES, 'get'), atMost: 1.2 },
    { text: `page on PostgreSQL: 50 clusters, times ${LARGE}`, of: onPostgres(ON_POSTGRES, LARGE_ON_POSTGRES, 'page'), atMost: 1.5 },
    { text: 'GET on PostgreSQL: two processes, of one', of: onPostgres(TWO_ON_POSTGRES, ON_POSTGRES, 'get'), atLeast: 1 },
    { text: 'guarded PATCH on PostgreSQL: two processes, of one', of: onPostgres(TWO_ON_POSTGRES, ON_POSTGRES, 'patch'), atLeast: 1 },
    { text: 'clusters to Running a second', of: ({ reconciler }) => medianOf(reconciler, RECONCILER, 'perSecond'), atLeast: 1_000 },
    {
      text: 'clusters to Running a second on PostgreSQL',
      of: ({ reconciler }) => medianOf(reconciler, RECONCILER_ON_POSTGRES, 'perSecond'),
      atLeast: 1_000,
    },
  ],
};
