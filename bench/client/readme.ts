import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';
import { refreshTables } from '../harness/readme.ts';
import { quantile } from '../harness/statistics.ts';
import { drawLottery, fairness } from './fairness.ts';
import { idealAcceptances, type Limit } from './limiters.ts';
import type { Row } from './measure.ts';
import type { Results } from './results.ts';
import { exact, labelOf, type RowsShown, rowsTable } from './tables.ts';
import { targetsTable, wallClockTable } from './verdicts.ts';

const STORM = ['done %', 'finish/ideal', '429/call'];
const ALONE = [...STORM, 'p50 s', 'p99 s'];
const SHARED = [...STORM, 'Jain', 'Jain of the middle', 'Jain of finish times', 'slowest/fastest'];
const MIXED = ['ours', 'theirs'].flatMap((who) =>
  ['done %', 'share at half time %', 'last success s', '429/call'].map((what) => `${who} ${what}`),
);

type Block = (results: Results) => string;

/** Everyone in one scenario. */
function everyone(scenario: string, circumstances: string, columns?: readonly string[]): Block {
  return ({ rows }) => {
    const shown = rows.filter((row) => row.scenario === scenario && row.circumstances === circumstances);
    return rowsTable(shown, columns ? { columns } : {});
  };
}

/** A few clients in all circumstances of a scenario that are not mixed. */
function across(scenario: string, clients: readonly string[], columns: readonly string[]): Block {
  return ({ rows }) => {
    const shown = rows.filter((row) => row.scenario === scenario && clients.includes(row.client) && !row.circumstances.startsWith('mixed'));
    const label = (row: Row) =>
      clients.length === 1 ? `${row.circumstances}${labelOf(row).slice(row.client.length)}` : `${labelOf(row)}: ${row.circumstances}`;
    const options: RowsShown = { columns, label };
    return rowsTable(shown, options);
  };
}

const mixed: Block = ({ rows }) => {
  const shown = rows.filter((row) => row.scenario === 'B′' && row.circumstances.startsWith('mixed'));
  return rowsTable(shown, { columns: MIXED, label: (row) => `${row.client}: ${row.circumstances.split(', ').slice(3).join(', ')}` });
};

const DRAWS = 2_000;
const JAIN_TARGET = 0.95;

/** What the measures of fairness are for a fair lottery, from two thousand of them. */
function lotterySentence(sharers: number, callsEach: number, limit: Limit): string {
  const joined = new Array<number>(sharers).fill(0);
  const acceptances = idealAcceptances(limit, new Array<number>(sharers * callsEach).fill(0));
  const halfMs = (acceptances.at(-1) ?? 0) / 2;
  const random = createSeededRandom(1);
  const drawn = Array.from({ length: DRAWS }, () => fairness(drawLottery(acceptances, joined, callsEach, random), joined, halfMs));
  const of = (name: string) => drawn.map((one) => one[name] ?? 0);
  const median = (name: string) => exact(quantile(of(name), 0.5));
  const reached = (100 * of('Jain').filter((value) => value >= JAIN_TARGET).length) / DRAWS;
  return `* ${sharers} × ${callsEach} calls: Jain ${median('Jain')} at half time (${reached.toFixed(0)} % of the lotteries reach ${JAIN_TARGET}), ${median('Jain of the middle')} of the middle, ${median('Jain of finish times')} of the finish times.`;
}

const lottery: Block = () =>
  [
    lotterySentence(8, 40, { kind: 'steady', perSecond: 10, burst: 10 }),
    lotterySentence(32, 40, { kind: 'steady', perSecond: 40, burst: 40 }),
  ].join('\n');

const about: Block = ({ seeds, node, tookMinutes, cpuMinutes, versions }) => {
  const known = Object.entries(versions).filter(([name, version]) => version !== '' && name !== 'openkupe');
  const list = known.map(([name, version]) => `${name} ${version}`).join(', ');
  return `${seeds} seeds for everyone, ${cpuMinutes} minutes of processor time (${tookMinutes} by the clock), Node ${node.slice(1)}. ${list}.`;
};

const BLOCKS: Readonly<Record<string, Block>> = {
  about,
  A: everyone('A', '1 × 300 calls, 10/s burst 10, next-token', ALONE),
  'A reservation': everyone('A', '1 × 300 calls, 10/s burst 10, reservation', ALONE),
  'A ours': across('A', ['openkupe'], ALONE),
  B: everyone('B', '8 × 40 calls, 10/s burst 10, next-token', SHARED),
  'B reservation': everyone('B', '8 × 40 calls, 10/s burst 10, reservation', SHARED),
  'B ours': across('B', ['openkupe'], SHARED),
  lottery,
  'A′ ours': across('A′', ['openkupe'], ALONE),
  'A′': everyone('A′', '1 × 500 calls, 7/s burst 14, next-token, 150–250 ms away', ALONE),
  'A′ window': everyone('A′', '1 × 500 calls, 100 per 10 s window', ALONE),
  'B′ ours': across('B′', ['openkupe', 'aws adaptive', 'a fair lottery'], SHARED),
  'B′ mixed': mixed,
  'C 503': everyone('C', '30 s of 503'),
  'C refused': everyone('C', '30 s of refused connections'),
  'C sick': everyone('C', 'one sick resource for 30 s', [
    'success in 60 s %',
    'added load ×',
    'sent/call in trouble',
    'healthy calls harmed',
  ]),
  'D slow': everyone('D', 'latency × 10 for 60 s'),
  'D hangs': everyone('D', 'latency × 10 for 60 s, a fifth of the answers after 35–90 s'),
  'D fails': everyone('D', 'latency × 10 for 60 s, a fifth of 503'),
  E: everyone('E', '1000 → 20 → 1000 per s'),
  F: everyone('F', '50 writers'),
  'F ours': across('F', ['openkupe'], ['success %', 'writes/success', 'lost or double', 'p99 s', 'time s']),
  'G keys': everyone('G', '5 % lost, keys honoured'),
  'G no keys': everyone('G', '5 % lost, no keys'),
  H: everyone('H', '100 clusters, 1–10 min'),
  'H 503': everyone('H', '100 kubeconfigs, 503 for 1–10 min'),
  I: everyone('I', 'abort in a 20 s wait'),
  J: everyone('J', '14 kinds of header'),
  'J random': everyone('J', 'random headers'),
  K: everyone('K', 'a random grid'),
  'L filled 5': everyone('L', '5 clients, 800 requests, 80 filled in each minute, burst 100'),
  'L filled 500': everyone('L', '100 clients, 500 requests, 80 filled in each minute, burst 100'),
  'L filled': everyone('L', '100 clients, 800 requests, 80 filled in each minute, burst 100'),
  'L 5': everyone('L', '5 clients, 800 requests, 80 per minute, burst 100'),
  L: everyone('L', '100 clients, 800 requests, 80 per minute, burst 100'),
  'wall clock': ({ wallClock }) => wallClockTable(wallClock),
  targets: ({ verdicts }) => targetsTable(verdicts),
};

/** The text of the README with its tables made anew. Throws for a table that is unknown or has no place. */
export function refreshReadme(text: string, results: Results): string {
  return refreshTables(text, Object.fromEntries(Object.entries(BLOCKS).map(([name, block]) => [name, block(results)])));
}
