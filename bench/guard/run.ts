import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { measureClients } from './clients.ts';
import { LIMITERS } from './limiters.ts';
import { runWorker } from './run-worker.ts';

/** Measures everything and prints tables; with `--json` it also writes `bench/results/guard.json`. `--only` and `--keys` shorten it. */
const givenFor = (flag: string) => process.argv[process.argv.indexOf(flag) + 1];
const parts = process.argv.includes('--only')
  ? (givenFor('--only') ?? '').split(',')
  : ['decisions', 'behaviour', 'store', 'server', 'clients'];
const keyCounts = process.argv.includes('--keys') ? (givenFor('--keys') ?? '').split(',').map(Number) : [1_000_000, 10_000_000];
const REDIS_PORT = 7399;
const ROUNDS = 2;

interface Decisions {
  name: string;
  keys: number;
  insertPerSecond: number;
  randomPerSecond: number;
  hotPerSecond: number;
  bytesPerKey: number;
  p50Ns: number;
  p99Ns: number;
}

/** The limiters take turns, several rounds, and each shows its best: other work on the machine only ever makes them slower. */
async function measureDecisions(): Promise<Decisions[]> {
  const best = new Map<string, Decisions>();
  for (const keys of keyCounts) {
    for (let round = 0; round < (keys > 1_000_000 ? 1 : ROUNDS); round += 1) {
      for (const name of Object.keys(LIMITERS)) {
        const now = (await runWorker('decisions.worker.ts', [name, String(keys)])) as Decisions;
        const before = best.get(`${name} ${keys}`) ?? now;
        const rates = ['insertPerSecond', 'randomPerSecond', 'hotPerSecond'] as const;
        for (const rate of rates) now[rate] = Math.max(now[rate], before[rate]);
        best.set(`${name} ${keys}`, { ...now, p50Ns: Math.min(now.p50Ns, before.p50Ns), p99Ns: Math.min(now.p99Ns, before.p99Ns) });
      }
    }
  }
  return [...best.values()];
}

async function measureStore(): Promise<unknown> {
  let program: string;
  try {
    program = execFileSync('sh', ['-c', 'command -v valkey-server || command -v redis-server'], { encoding: 'utf8' }).trim();
  } catch {
    console.log('SKIPPED: neither valkey-server nor redis-server is installed.');
    return undefined;
  }
  const server = spawn(program, ['--port', String(REDIS_PORT), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve) => server.stdout.on('data', (text) => String(text).includes('Ready to accept') && resolve()));
  try {
    return await runWorker('store.worker.ts', [`redis://127.0.0.1:${REDIS_PORT}`]);
  } finally {
    server.kill();
  }
}

const MEASURE: Readonly<Record<string, () => Promise<unknown>>> = {
  decisions: measureDecisions,
  behaviour: () => runWorker('behaviour.worker.ts', []),
  store: measureStore,
  server: () => runWorker('server.worker.ts', []),
  clients: measureClients,
};

const results: Record<string, unknown> = {};
for (const part of parts) {
  const measure = MEASURE[part];
  if (!measure) throw new Error(`There is no part "${part}"; the parts are ${Object.keys(MEASURE).join(', ')}`);
  results[part] = await measure();
  console.log(`\n${part}`);
  if (Array.isArray(results[part])) console.table(results[part]);
  else console.dir(results[part], { depth: 5 });
}

const decisions = results.decisions as Decisions[] | undefined;
const at = (name: string) => decisions?.find((row) => row.name === name && row.keys === 1_000_000);
const ours = at('openkupe');
const flexible = at('rate-limiter-flexible');
const behaviour = results.behaviour as
  | {
      truth: Record<string, { truth: number }>;
      forgotten: { openkupe: { forgotten: number } };
      guessesPerDay: number;
      neighbour: { asked: number; served: number };
    }
  | undefined;
const clients = results.clients as { done: number; ofIdeal: number }[] | undefined;
const targets: [string, number | undefined, string, (value: number) => boolean][] = [
  [
    'times rate-limiter-flexible at 1 M keys',
    ours && flexible && ours.randomPerSecond / flexible.randomPerSecond,
    '>= 5',
    (value) => value >= 5,
  ],
  ['bytes per key at 1 M keys', ours?.bytesPerKey, '<= 34', (value) => value <= 34],
  ['p99 of a decision, ns', ours?.p99Ns, '< 2000', (value) => value < 2000],
  ['truth of Retry-After', behaviour?.truth.openkupe?.truth, '>= 0.99', (value) => value >= 0.99],
  ['forgotten keys of 1 000', behaviour?.forgotten.openkupe.forgotten, '= 0', (value) => value === 0],
  ['guesses a day and address group', behaviour?.guessesPerDay, '<= 116', (value) => value <= 116],
  ['neighbour served', behaviour && behaviour.neighbour.served / behaviour.neighbour.asked, '= 1', (value) => value === 1],
  ['fewest of 300 calls any client finished', clients && Math.min(...clients.map(({ done }) => done)), '= 300', (value) => value === 300],
  ['slowest client, of the ideal time', clients && Math.max(...clients.map(({ ofIdeal }) => ofIdeal)), '<= 1.05', (value) => value <= 1.05],
];
const table = targets.flatMap(([target, value, wanted, isMet]) =>
  value === undefined ? [] : [{ target, value, wanted, isMet: isMet(value) }],
);
console.log('\ntargets');
console.table(table);

if (process.argv.includes('--json')) {
  const folder = join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'guard.json');
  // A part measured on its own replaces its part of the last results.
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { targets?: { target: string }[] }) : {};
  const others = (before.targets ?? []).filter(({ target }) => !table.some((row) => row.target === target));
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  writeFileSync(file, `${JSON.stringify({ ...before, machine, ...results, targets: [...table, ...others] }, undefined, 2)}\n`);
}
process.exit(0);
