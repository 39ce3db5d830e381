/**
 * The client benchmark. Runs the trials in a process per core, then one storm on the wall clock; prints tables or JSON and which
 * target was met; with `--readme` it writes both into the repository. Exits with 1 when a target is missed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemRandom } from '@openkupe/contract/random';
import { runWorker } from '../harness/worker.ts';
import type { Row } from './measure.ts';
import { type Options, readOptions } from './options.ts';
import { runTrials } from './pool.ts';
import { createProgress } from './progress.ts';
import { refreshReadme } from './readme.ts';
import { fromJson, type Results, toJson } from './results.ts';
import { select } from './select.ts';
import { rowsTable } from './tables.ts';
import { targetsTable, verdictsOf, wallClockTable, wallClockVerdicts } from './verdicts.ts';
import type { WallClockRun } from './wall-clock.ts';

const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const README = fileAt('README.md');
const WALL_CLOCK_ROUNDS = 1;
const RESULTS = fileAt('../results/client.json');

async function stormOnce(mode: WallClockRun['mode']): Promise<WallClockRun[]> {
  return (await runWorker(new URL('wall-clock.ts', import.meta.url), [mode])) as WallClockRun[];
}

/** Other work on the machine only ever makes the wall clock slower, so each shows its fastest of some rounds. */
async function stormsOnTheWallClock(): Promise<WallClockRun[]> {
  const rounds: WallClockRun[] = [];
  for (let round = 0; round < WALL_CLOCK_ROUNDS; round++) rounds.push(...(await stormOnce('real')));
  const byClient = Map.groupBy(rounds, ({ client }) => client);
  return [...byClient.values()].flatMap((runs) => runs.toSorted((one, other) => one.tookMs - other.tookMs).slice(0, 1));
}

async function measureAll({ seeds, drawnFrom, only }: Options): Promise<Results> {
  const progress = createProgress(() => performance.now());
  const { rows, versions, isAll } = await runTrials({
    processes: availableParallelism(),
    seeds,
    drawnFrom,
    choose: (subjects) => select(subjects, only),
    onDone: progress.onDone,
  });
  progress.sayWhatTookMost();
  const wallClock = isAll ? [...(await stormOnce('virtual')), ...(await stormsOnTheWallClock())] : [];
  const minutes = (ms: number) => Number((ms / 60_000).toFixed(1));
  const about = {
    seeds,
    drawnFrom,
    node: process.version,
    tookMinutes: minutes(progress.elapsedMs()),
    cpuMinutes: minutes(progress.cpuMs()),
  };
  progress.say('Finished');
  const verdicts = [...verdictsOf(rows, 'openkupe'), ...wallClockVerdicts(wallClock)];
  return { ...about, versions, rows, wallClock, verdicts };
}

function printTables({ seeds, drawnFrom, rows, wallClock, verdicts }: Results): void {
  console.log(`Virtual time, ${seeds} seeds, medians with the range. What is drawn anew: --seed ${drawnFrom}.`);
  for (const [title, group] of Map.groupBy(rows, ({ scenario, circumstances }) => `${scenario}: ${circumstances}`))
    console.log(`\n### ${title}\n\n${rowsTable(group)}`);
  if (wallClock.length > 0) console.log(`\n### The wall clock\n\n${wallClockTable(wallClock)}`);
  if (verdicts.length > 0) console.log(`\n### Targets\n\n${targetsTable(verdicts)}`);
}

/** What is saved, with the rows that were run now in place of those of the same name. */
function merge(saved: Results, { rows }: Results): Results {
  const keyOf = ({ scenario, circumstances, client, seedsFrom }: Row) =>
    [scenario, circumstances, client, scenario === 'K' ? '' : seedsFrom].join('|');
  const merged = [...new Map([...saved.rows, ...rows].map((row) => [keyOf(row), row])).values()];
  return { ...saved, rows: merged, verdicts: [...verdictsOf(merged, 'openkupe'), ...wallClockVerdicts(saved.wallClock)] };
}

const options = readOptions(process.argv.slice(2), systemRandom);
const measured = await measureAll(options);
const isPart = options.isReadme && options.only.length > 0;
const json = toJson(isPart ? merge(fromJson(readFileSync(RESULTS, 'utf8')), measured) : measured);
// NOTE: everything is printed from what the file keeps, so that the tables can be made again from it.
const results = fromJson(json);
if (options.isReadme) {
  writeFileSync(README, refreshReadme(readFileSync(README, 'utf8'), results));
  writeFileSync(RESULTS, json);
}
if (options.isJson) process.stdout.write(json);
else printTables(results);
process.exitCode = results.verdicts.every(({ isMet }) => isMet) ? 0 : 1;
