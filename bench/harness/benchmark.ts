import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Options, readOptions } from './options.ts';
import { refreshTables } from './readme.ts';
import { type Machine, parseResults, printResults, thisMachine } from './results.ts';
import { judge, type Target, targetsTable } from './targets.ts';

/** A part of a benchmark that can be measured alone. */
export interface Part<Result> {
  /** Measures it, on 127.0.0.0/8 only. `isQuick` asks for less of it. */
  measure(isQuick: boolean): Promise<Result>;
  /** The result as Markdown. */
  table(result: Result): string;
}

/** What `bench/NAME/benchmark.ts` exports as `benchmark`. */
export interface Benchmark<Results extends object> {
  readonly parts: { readonly [Name in keyof Results]: Part<Results[Name]> };
  readonly targets: readonly Target<Results>[];
}

/** How one part was measured. */
interface Circumstances extends Machine {
  readonly isQuick: boolean;
  readonly seconds: number;
}

/** What `bench/results/NAME.json` holds: how each part was measured, and its result under its name. */
type Kept<Results> = Partial<Results> & { readonly measured?: Readonly<Record<string, Circumstances>> };

/** The file with the results of the benchmark of that name. */
export function resultsFile(name: string): URL {
  return new URL(`../results/${name}.json`, import.meta.url);
}

/** The README of the benchmark of that name. */
export function readmeFile(name: string): URL {
  return new URL(`../${name}/README.md`, import.meta.url);
}

function machineLine(measured: Readonly<Record<string, Circumstances>>): string {
  const all = Object.values(measured);
  const [first] = all;
  if (!first) return 'Nothing is measured yet.';
  const loads = all.map(({ loadAverage }) => loadAverage);
  const quick = Object.entries(measured).flatMap(([part, { isQuick }]) => (isQuick ? [part] : []));
  const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
  const note = quick.length > 0 ? ` Measured with \`--quick\`: ${quick.join(', ')}.` : '';
  return `Node ${first.node.slice(1)}, ${first.cores} × ${first.cpu}, ${seconds} s; load average when the parts began ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}.${note}`;
}

/** Every table of the README by its name: the parts, `targets`, and `machine`, the line about where they were measured. */
export function tablesOf<Results extends object>({ parts, targets }: Benchmark<Results>, kept: Kept<Results>): Record<string, string> {
  const names = Object.keys(parts) as (keyof Results & string)[];
  const tables = names.map((name) => {
    const result = kept[name] as Results[typeof name] | undefined;
    return [name, result === undefined ? 'Not measured yet.' : parts[name].table(result)];
  });
  return { ...Object.fromEntries(tables), targets: targetsTable(judge(targets, kept)), machine: machineLine(kept.measured ?? {}) };
}

async function measureParts<Results extends object>({ parts }: Benchmark<Results>, { only, isQuick }: Options): Promise<Kept<Results>> {
  const results: Partial<Results> = {};
  const measured: Record<string, Circumstances> = {};
  for (const name of only as (keyof Results & string)[]) {
    const machine = thisMachine();
    const startedAt = performance.now();
    const result = await parts[name].measure(isQuick);
    results[name] = result;
    measured[name] = { isQuick, seconds: Math.round((performance.now() - startedAt) / 1_000), ...machine };
    console.log(`\n## ${name} (${measured[name].seconds} s)\n\n${parts[name].table(result)}`);
  }
  return { ...results, measured };
}

/** The results that are kept of the parts that there are; none before the first run. */
export function keptResults<Results extends object>(name: string, { parts }: Benchmark<Results>): Kept<Results> {
  const file = resultsFile(name);
  if (!existsSync(file)) return {};
  const isPart = ([part]: [string, unknown]) => part in parts;
  const { measured = {}, ...results } = parseResults(readFileSync(file, 'utf8')) as Kept<Results>;
  const kept = Object.fromEntries(Object.entries(results).filter(isPart)) as Partial<Results>;
  return { ...kept, measured: Object.fromEntries(Object.entries(measured).filter(isPart)) };
}

/**
 * Runs a benchmark as its arguments say: prints the table of each part and of the targets; `--json` keeps the results, where a part that was
 * measured alone replaces its part of the former ones; `--readme` makes the tables of the README anew. Returns the exit code: 1 when
 * a target is missed.
 */
export async function runBenchmark<Results extends object>(name: string, benchmark: Benchmark<Results>, args: readonly string[]) {
  const options = readOptions(args, Object.keys(benchmark.parts));
  const before = keptResults(name, benchmark);
  const fresh = await measureParts(benchmark, options);
  const targets = judge(benchmark.targets, fresh);
  if (targets.length > 0) console.log(`\n## targets\n\n${targetsTable(targets)}`);
  if (options.isJson) {
    const kept = { ...before, ...fresh, measured: { ...before.measured, ...fresh.measured } };
    writeFileSync(resultsFile(name), `${printResults(kept)}\n`);
  }
  if (options.isReadme) {
    const readme = readmeFile(name);
    writeFileSync(readme, refreshTables(readFileSync(readme, 'utf8'), tablesOf(benchmark, keptResults(name, benchmark))));
  }
  return targets.every(({ isMet }) => isMet) ? 0 : 1;
}
