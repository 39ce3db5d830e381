/**
 * The transport benchmark: `npm run bench:transport [-- --json] [-- --rounds 9] [-- --turn 250]`. Measures the SDK's two transports, and
 * node:http with nothing around it, in one run on Node 20, 22 and the one that runs this, against a plain server in a process of its
 * own. Prints medians of the ratios; with `--json` it also writes `bench/results/transport.json`.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HERE = dirname(fileURLToPath(import.meta.url));
const SDK = join(HERE, '../../packages/sdk');
const RUNTIMES = join(SDK, 'runtimes/node_modules');
const RESULTS = join(HERE, '../results/transport.json');

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : process.argv[at + 1];
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** What all rounds with so many in flight come to: medians, and the median, least and most of the ratios of each round. */
function summarise(node, inFlight, rounds) {
  const of = (name, measure) => median(rounds.map(({ measures }) => measures[name][measure]));
  const ratios = (name) => rounds.map(({ measures }) => measures[name].perSecond / measures.fetch.perSecond);
  const cpuRatio = (name) => median(rounds.map(({ measures }) => measures.fetch.cpuMicros / measures[name].cpuMicros));
  const rows = Object.keys(rounds[0].measures).map((name) => ({
    transport: name,
    perSecond: Math.round(of(name, 'perSecond')),
    cpuMicros: Number(of(name, 'cpuMicros').toFixed(1)),
    timesFetch: Number(median(ratios(name)).toFixed(2)),
    range: [Math.min(...ratios(name)), Math.max(...ratios(name))].map((ratio) => Number(ratio.toFixed(2))),
    cpuTimesFetch: Number(cpuRatio(name).toFixed(2)),
  }));
  return rows.map((row) => ({ node, inFlight, ...row }));
}

if (!existsSync(RUNTIMES)) {
  process.stderr.write('Installing Node 20 and 22…\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: join(SDK, 'runtimes'),
    stdio: ['ignore', 2, 2],
  });
}
const platform = `${process.platform}-${process.arch}`;
const nodes = [join(RUNTIMES, `node-20-${platform}/bin/node`), join(RUNTIMES, `node-22-${platform}/bin/node`), process.execPath];

const folder = mkdtempSync(join(tmpdir(), 'openkupe-bench-'));
execFileSync(process.execPath, [join(SDK, 'build.mjs'), folder]);
const server = spawn(process.execPath, [join(HERE, 'server.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
const [port] = await once(server.stdout, 'data');

const rows = [];
for (const node of nodes.filter(existsSync)) {
  const given = [join(folder, 'node.js'), `http://127.0.0.1:${Number(port)}`, option('rounds', '9'), option('turn', '250')];
  const { stdout } = await promisify(execFile)(node, [join(HERE, 'client.mjs'), ...given]);
  const { node: version, results } = JSON.parse(stdout);
  for (const [inFlight, rounds] of Map.groupBy(results, (result) => result.inFlight)) rows.push(...summarise(version, inFlight, rounds));
}
server.stdin.end();
rmSync(folder, { recursive: true });

console.log(
  '| Node | in flight | transport | requests/s | times fetch | CPU per request | of fetch’s CPU |\n|---|---|---|---|---|---|---|',
);
for (const { node, inFlight, transport, perSecond, timesFetch, range, cpuMicros, cpuTimesFetch } of rows)
  console.log(
    `| ${node} | ${inFlight} | ${transport} | ${perSecond} | ${timesFetch} (${range.join('–')}) | ${cpuMicros} µs | 1/${cpuTimesFetch} |`,
  );
if (process.argv.includes('--json')) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length };
  writeFileSync(RESULTS, `${JSON.stringify({ machine, rounds: Number(option('rounds', '9')), rows }, undefined, 1)}\n`);
}
