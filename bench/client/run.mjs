/**
 * The client benchmark: `npm run bench:client [-- --json] [-- --seeds 20] [-- --only limits,outages]`. Installs the competitors on first
 * use, runs the groups of scenarios in processes of their own, prints tables or JSON, and says which target was met.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TARGETS } from './targets.mjs';

const run = promisify(execFile);
const HERE = dirname(fileURLToPath(import.meta.url));
const BENCH = dirname(HERE);
const GROUPS = ['limits', 'outages', 'steps', 'conflicts', 'lost', 'provisioning', 'cancels', 'hostile'];
const PROCESSES = 2;

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : process.argv[at + 1];
}

if (!existsSync(join(BENCH, 'node_modules'))) {
  process.stderr.write('Installing the competitors…\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: BENCH, stdio: ['ignore', 2, 2] });
}

const seeds = option('seeds', '20');
const only = option('only', GROUPS.join(',')).split(',');

async function node(file, ...given) {
  const { stdout } = await run(process.execPath, [join(HERE, file), ...given], { cwd: BENCH, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

const results = new Map();
const waiting = GROUPS.filter((group) => only.includes(group));
await Promise.all(
  Array.from({ length: PROCESSES }, async () => {
    for (let group = waiting.shift(); group; group = waiting.shift()) {
      const startedAt = Date.now();
      results.set(group, await node('group.ts', group, seeds));
      process.stderr.write(`${group}: ${((Date.now() - startedAt) / 1_000).toFixed(0)} s\n`);
    }
  }),
);
const rows = GROUPS.flatMap((group) => results.get(group)?.rows ?? []);
const [{ versions = {} } = {}] = results.values();
const wallClock = only.includes('limits') ? [await node('wall-clock.ts', 'virtual'), await node('wall-clock.ts', 'real')] : [];

const number = (value) => (typeof value === 'number' ? String(Number(value.toFixed(value < 10 ? 2 : 0))) : String(value));
const spread = ({ median, least, most }) => (least === most ? number(median) : `${number(median)} (${number(least)}–${number(most)})`);

function table(scenarioRows) {
  const names = Object.keys(scenarioRows[0].measures);
  const lines = [`| client | ${names.join(' | ')} |`, `|---|${names.map(() => '---').join('|')}|`];
  for (const { client, measures } of scenarioRows) lines.push(`| ${client} | ${names.map((name) => spread(measures[name])).join(' | ')} |`);
  return lines.join('\n');
}

const verdicts = TARGETS.map(({ target, scenario, circumstances, measure, isMet }) => {
  const row = rows.find((one) => one.client === 'openkupe' && one.scenario === scenario && one.circumstances === circumstances);
  const measured = row?.measures[measure];
  return { target, measured, isMet: measured ? isMet(measured.median) : undefined };
}).filter(({ isMet }) => isMet !== undefined);
if (wallClock.length === 2) {
  const [virtual, real] = wallClock;
  const off = real.tookMs / virtual.tookMs - 1;
  verdicts.push({
    target: `wall clock agrees within 10 % (${virtual.tookMs} ms virtual, ${real.tookMs} ms real)`,
    isMet: Math.abs(off) <= 0.1,
  });
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ seeds: Number(seeds), node: process.version, versions, rows, wallClock, verdicts }, null, 1));
} else {
  console.log(
    `Virtual time, ${seeds} seeds, medians with the range. ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
  );
  for (const [key, group] of Map.groupBy(rows, ({ scenario, circumstances }) => `${scenario}: ${circumstances}`))
    console.log(`\n### ${key}\n\n${table(group)}`);
  console.log('\n### Targets\n\n| target | measured | met |\n|---|---|---|');
  for (const { target, measured, isMet } of verdicts)
    console.log(`| ${target} | ${measured ? spread(measured) : ''} | ${isMet ? 'yes' : '**no**'} |`);
}
process.exitCode = verdicts.every(({ isMet }) => isMet) ? 0 : 1;
