import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { measureClients } from './clients.ts';
import { decisionPlans, measureDecisions } from './decisions.ts';
import { measureOverload } from './overload.ts';
import { replaceSection } from './readme.ts';
import type { Part, Results } from './results.ts';
import { runWorker } from './run-worker.ts';
import { measureServer } from './server.ts';
import { TABLES, targetTable } from './tables.ts';
import { judge, type Verdict } from './targets.ts';

/**
 * Measures everything and prints tables. `--json` keeps the results in `bench/results/guard.json`, `--readme` writes the tables of what is
 * kept there into the README and, without `--json`, measures nothing. `--only a,b` measures some parts, `--quick` less of each.
 * Exits with 1 when a target is missed.
 */
const RESULTS = join(import.meta.dirname, '..', 'results', 'guard.json');
const README = join(import.meta.dirname, 'README.md');
const has = (flag: string) => process.argv.includes(flag);
const isQuick = has('--quick');

interface Circumstances {
  readonly isQuick: boolean;
  readonly loadAverage: number;
  readonly seconds: number;
}

interface Kept extends Results {
  readonly machine?: { readonly node: string; readonly cpu?: string | undefined; readonly cores: number };
  readonly measured?: Readonly<Record<string, Circumstances>>;
  readonly targets?: readonly Verdict[];
}

const MEASURE: Readonly<Record<Part, () => Promise<unknown>>> = {
  decisions: () => measureDecisions(decisionPlans(isQuick)),
  promises: () => runWorker('promises.worker.ts', [isQuick ? '60' : '300']),
  storms: () => runWorker('storms.worker.ts', [isQuick ? '5' : '20']),
  clients: () =>
    measureClients(
      isQuick
        ? [{ calls: 200, perSecond: 20, burst: 100 }]
        : [
            { calls: 300, perSecond: 10, burst: 10 },
            { calls: 700, perSecond: 20, burst: 100 },
          ],
    ),
  guessing: () => runWorker('guessing.worker.ts', []),
  attacks: () => runWorker('attacks.worker.ts', isQuick ? ['1000000', '5'] : ['10000000', '60']),
  server: () => measureServer(isQuick ? 4 : 30),
  overload: () =>
    measureOverload(
      isQuick ? { secondsEach: 2, factors: [2], elephants: [4] } : { secondsEach: 8, factors: [1, 2, 5], elephants: [1, 4, 16] },
    ),
};

const isPart = (name: string): name is Part => Object.hasOwn(MEASURE, name);

function chosenParts(): Part[] {
  if (has('--readme') && !has('--json')) return [];
  if (!has('--only')) return Object.keys(MEASURE).filter(isPart);
  return (process.argv[process.argv.indexOf('--only') + 1] ?? '').split(',').map((name) => {
    if (!isPart(name)) throw new Error(`There is no part "${name}"; the parts are ${Object.keys(MEASURE).join(', ')}`);
    return name;
  });
}

function writeReadme(kept: Kept): void {
  let text = readFileSync(README, 'utf8');
  for (const [part, table] of Object.entries(TABLES)) text = replaceSection(text, part, table(kept));
  text = replaceSection(text, 'targets', targetTable(judge(kept)));
  text = replaceSection(text, 'machine', machineLine(kept));
  writeFileSync(README, text);
}

function machineLine({ machine, measured = {} }: Kept): string {
  const busy = Object.values(measured).map(({ loadAverage }) => loadAverage);
  const load = busy.length === 0 ? 'unknown' : `${Math.min(...busy).toFixed(1)} to ${Math.max(...busy).toFixed(1)}`;
  const short = Object.entries(measured).flatMap(([part, one]) => (one.isQuick ? [part] : []));
  const note = short.length > 0 ? ` Measured with \`--quick\`: ${short.join(', ')}.` : '';
  return `Node ${machine?.node}, ${machine?.cores} × ${machine?.cpu}; load average when the parts began ${load}.${note}`;
}

const results: Partial<Record<Part, unknown>> = {};
const measured: Record<string, Circumstances> = {};
for (const part of chosenParts()) {
  const startMs = performance.now();
  const [loadAverage = 0] = loadavg();
  results[part] = await MEASURE[part]();
  const seconds = Math.round((performance.now() - startMs) / 1000);
  measured[part] = { isQuick, loadAverage, seconds };
  console.log(`\n## ${part} (${seconds} s)\n\n${TABLES[part](results as Results)}`);
}
const verdicts = judge(results as Results);
if (verdicts.length > 0) console.log(`\n## targets\n\n${targetTable(verdicts)}`);

// A part measured on its own replaces its part of the last results.
const before: Kept = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
const partsBefore = Object.fromEntries(Object.entries(before).filter(([name]) => isPart(name)));
const all = { ...partsBefore, ...results } as Results;
const machine = Object.keys(results).length > 0 ? { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length } : before.machine;
const kept: Kept = { machine, measured: { ...before.measured, ...measured }, targets: judge(all), ...all } as Kept;
if (has('--json')) {
  mkdirSync(join(RESULTS, '..'), { recursive: true });
  const shorten = (_name: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value);
  writeFileSync(RESULTS, `${JSON.stringify(kept, shorten, 1)}\n`);
}
if (has('--readme')) writeReadme(has('--json') ? kept : before);
process.exit(verdicts.every(({ isMet }) => isMet) ? 0 : 1);
