/**
 * What the rate limit costs and what its promises are worth, beside the limiters that Node programs use and a token bucket of eight lines.
 */
import type { Benchmark } from '../harness/benchmark.ts';
import { type ClientRow, clientsTable, measureClients } from './clients.ts';
import { type DecisionRow, decisionsTable, measureDecisions } from './decisions.ts';
import { measureNeighbours, type NeighbourRow, neighboursTable } from './neighbours.ts';
import { measureOverload, type OverloadResult, overloadTable } from './overload.ts';
import { measureDefaults, measurePools, type ProgramRow, programsTable } from './programs.ts';
import { measureShared, type SharedRow, sharedTable } from './shared.ts';
import { measureVirtual, type VirtualRow, virtualTable } from './virtual.ts';

interface Results {
  readonly pools: readonly ProgramRow[];
  readonly defaults: readonly ProgramRow[];
  readonly clients: readonly ClientRow[];
  readonly neighbours: readonly NeighbourRow[];
  readonly virtual: readonly VirtualRow[];
  readonly decisions: readonly DecisionRow[];
  readonly shared: readonly SharedRow[];
  readonly overload: OverloadResult;
}

const MILLION = 1_000_000;
const ours = ({ decisions }: Partial<Results>) => decisions?.find(({ name, keys }) => name === 'openkupe' && keys === MILLION);
const virtual = ({ virtual: rows }: Partial<Results>, load: string, of: (row: VirtualRow) => number) => {
  // NOTE: equal calls that return in any order cannot be distinguished; what that costs is in the table, and no target.
  const own = rows?.filter((row) => row.limiter === 'openkupe' && row.load.includes(load) && !row.load.includes('equal calls, up to 300'));
  return own && Math.max(...own.map(of));
};

const pools = ({ pools: rows }: Partial<Results>, of: (row: ProgramRow) => number) => {
  const own = rows?.filter(({ limiter }) => limiter === 'openkupe');
  return own && Math.max(...own.map(of));
};

const clients = ({ clients: rows }: Partial<Results>, of: (row: ClientRow) => number) => {
  const own = rows?.filter(({ limiter }) => limiter === 'openkupe');
  return own && Math.max(...own.map(of));
};
const neighbours = ({ neighbours: rows }: Partial<Results>, who: string, of: (row: NeighbourRow) => number) => {
  const own = rows?.filter((row) => row.limiter === 'openkupe' && row.who.includes(who));
  return own && Math.max(...own.map(of));
};

/** The benchmark of the rate limit. */
export const benchmark: Benchmark<Results> = {
  parts: {
    pools: { measure: measurePools, table: programsTable },
    defaults: { measure: measureDefaults, table: programsTable },
    clients: { measure: measureClients, table: clientsTable },
    neighbours: { measure: measureNeighbours, table: neighboursTable },
    virtual: { measure: measureVirtual, table: virtualTable },
    decisions: { measure: measureDecisions, table: decisionsTable },
    shared: { measure: measureShared, table: sharedTable },
    overload: { measure: measureOverload, table: overloadTable },
  },
  targets: [
    { text: 'pools over HTTP: promises broken', of: (all) => pools(all, ({ broken }) => broken), atMost: 0 },
    { text: 'pools over HTTP: calls given up', of: (all) => pools(all, ({ gaveUp }) => gaveUp), atMost: 0 },
    { text: 'pools over HTTP: refusals per call', of: (all) => pools(all, ({ refused, calls }) => refused / calls), atMost: 1 },
    { text: 'pools over HTTP: of the ideal time', of: (all) => pools(all, ({ ofIdeal }) => ofIdeal), atMost: 1.1 },
    { text: 'clients without a retry, default limit: calls given up', of: ({ defaults }) => defaults?.[0]?.gaveUp, atMost: 0 },
    { text: 'six clients: calls that were not done', of: (all) => clients(all, ({ calls, done }) => calls - done), atMost: 0 },
    { text: 'six clients: slowest of the ideal time', of: (all) => clients(all, ({ ofIdeal }) => ofIdeal), atMost: 1.05 },
    {
      text: 'neighbour of a flood: share not served',
      of: (all) => neighbours(all, 'used', ({ asked, served }) => 1 - served / asked),
      atMost: 0.01,
    },
    { text: 'neighbour of a flood: p99 wait, s', of: (all) => neighbours(all, 'used', ({ p99Seconds }) => p99Seconds), atMost: 2 },
    {
      text: 'new keys beside a guesser: not served',
      of: (all) => neighbours(all, 'new', ({ asked, served }) => asked - served),
      atMost: 0,
    },
    { text: 'new keys beside a guesser: p99 wait, s', of: (all) => neighbours(all, 'new', ({ p99Seconds }) => p99Seconds), atMost: 4 },
    {
      text: 'pools in virtual time: promises broken, worst of 20 seeds',
      of: (all) => virtual(all, 'workers', ({ broken }) => broken),
      atMost: 0,
    },
    { text: 'pools in virtual time: calls given up', of: (all) => virtual(all, 'workers', ({ gaveUp }) => gaveUp), atMost: 0 },
    {
      text: 'pools in virtual time: refusals per call',
      of: (all) => virtual(all, 'workers', ({ refusedPerCall }) => refusedPerCall),
      atMost: 1,
    },
    { text: 'pools in virtual time: of the ideal time', of: (all) => virtual(all, 'workers', ({ ofIdeal }) => ofIdeal ?? 0), atMost: 1.1 },
    {
      text: 'neighbour of a flood in virtual time: p99 wait, s',
      of: (all) => virtual(all, 'neighbour', ({ p99Seconds }) => p99Seconds),
      atMost: 2,
    },
    { text: 'decisions at 1 M keys, times rate-limiter-flexible', of: (all) => ours(all)?.timesFlexible?.median, atLeast: 5 },
    {
      text: 'processor time of a shared decision, times the Valkey limiter of rate-limiter-flexible',
      of: ({ shared }) => shared?.find(({ name }) => name === 'openkupe, shared')?.timesPeer.median,
      atMost: 2,
    },
    { text: 'bytes per key at 1 M keys', of: (all) => ours(all)?.measures?.bytesPerKey.median, atMost: 40 },
  ],
};
