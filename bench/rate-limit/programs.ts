import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { contestant, markdown } from '../harness/table.ts';
import { startWorker } from '../harness/worker.ts';
import type { LimitedServer } from './limited-server.worker.ts';
import type { Call, PoolPlan, PoolResult } from './pool.worker.ts';

/** One program against the whole server over HTTP. */
export interface ProgramRow extends PoolResult {
  readonly program: string;
  readonly load: string;
  readonly limiter: string;
  readonly calls: number;
  /** Of the time that the limit needs for the calls. */
  readonly ofIdeal: number;
}

const PER_SECOND = 20;
const BURST = 100;
const LIMITERS = ['openkupe', 'token bucket'] as const;
const CALLS = 400;

const WORDS = ['db', 'queue', 'mail-relay', 'web-frontend', 'search', 'cache', 'payments-api', 'id'];
const nameOf = (at: number) => `${WORDS[at % WORDS.length]}-${at}`;
const list: Call = { method: 'GET', path: '/clusters' };
const secret = (method: string, name: string): Call => ({ method, path: `/secrets/${name}` });
const create = (at: number): Call => ({
  method: 'POST',
  path: '/secrets',
  body: JSON.stringify({ name: nameOf(at), secretPath: `s/${at}` }),
});
const change = (at: number): Call => ({ ...secret('PATCH', nameOf(at)), body: JSON.stringify({ secretPath: `t/${at}` }) });

/** A list that everybody asks for, then of a secret of its own: create, read, change, delete. */
const mixedCalls = Array.from({ length: CALLS }, (_, at) => {
  const name = nameOf(at - (at % 5));
  return [list, create(at - (at % 5)), secret('GET', name), change(at - (at % 5)), secret('DELETE', name)][at % 5] as Call;
});
const times = (count: number, make: (at: number) => Call) => Array.from({ length: count }, (_, at) => make(at));
/** What Terraform does: it reads every secret, deletes it, and reads it again to see that it is gone. */
const destroyOf = (count: number, named: (at: number) => string) =>
  ['GET', 'DELETE', 'GET'].flatMap((method) => times(count, (at) => secret(method, named(at))));

let goProgram: string | undefined;

/** The Go program, where Go is there. */
function builtPool(): string | undefined {
  if (goProgram !== undefined) return goProgram || undefined;
  goProgram = '';
  try {
    const output = join(mkdtempSync(join(tmpdir(), 'openkupe-bench-')), 'pool');
    execFileSync('go', ['build', '-o', output, '.'], { cwd: join(import.meta.dirname, 'go-pool'), stdio: ['ignore', 'ignore', 'inherit'] });
    goProgram = output;
  } catch {
    // NOTE: without Go, or without its module, the same pool in JavaScript stands for it.
  }
  return goProgram || undefined;
}

function runPool(program: 'go' | 'node', plan: PoolPlan): Promise<PoolResult> {
  const node = ['--no-warnings', join(import.meta.dirname, 'pool.worker.ts')];
  const go = program === 'go' ? builtPool() : undefined;
  return new Promise((resolve, reject) => {
    const child = execFile(go ?? process.execPath, go ? [] : node, { timeout: 240_000, killSignal: 'SIGKILL' }, (error, out) =>
      error ? reject(error) : resolve(JSON.parse(out) as PoolResult),
    );
    child.stdin?.end(JSON.stringify(plan));
  });
}

/** Keeps every processor busy twice over until it is stopped. */
function burn(): () => void {
  const loop = 'const end = Date.now() + 240000; while (Date.now() < end);';
  const children = Array.from({ length: 2 * availableParallelism() }, () => spawn(process.execPath, ['-e', loop], { stdio: 'ignore' }));
  return () => {
    for (const child of children) child.kill('SIGKILL');
  };
}

interface Program {
  readonly name: string;
  readonly kind: 'go' | 'node';
  readonly workers: number;
  readonly calls: readonly Call[];
  readonly secrets?: number;
  readonly attempts?: number;
  /** The default limit instead of 20 a second after a burst of 100. */
  readonly isDefault?: boolean;
}

async function run(program: Program, limiter: string, isLoaded: boolean): Promise<ProgramRow> {
  const { name, kind, workers, calls, secrets = 0, attempts, isDefault = false } = program;
  const given = isDefault ? [] : [String(PER_SECOND), String(BURST), limiter];
  const server = await startWorker(new URL('limited-server.worker.ts', import.meta.url), given);
  const stop = isLoaded ? burn() : () => {};
  try {
    const { url, key } = await server.ask<LimitedServer>({ secrets });
    const result = await runPool(kind, { url, key, workers, calls, ...(attempts ? { attempts } : {}) });
    const idealSeconds = (calls.length - BURST) / PER_SECOND;
    const ofIdeal = isDefault ? Number.NaN : result.seconds / idealSeconds;
    return {
      program: name,
      load: isLoaded ? 'loaded' : 'quiet',
      limiter: isDefault ? 'default limit' : limiter,
      calls: calls.length,
      ...result,
      ofIdeal,
    };
  } finally {
    stop();
    await server.stop();
  }
}

/** Pools of workers and a destroy, with the client of the newest Terraform provider, on a quiet machine and on a busy one. */
export async function measurePools(isQuick: boolean): Promise<ProgramRow[]> {
  const kind = builtPool() ? 'go' : 'node';
  const client = kind === 'go' ? 'go-retryablehttp' : 'a client that obeys';
  const pools = (isQuick ? [20] : [10, 20, 40]).map(
    (workers): Program => ({ name: `${client}, ${workers} workers`, kind, workers, calls: mixedCalls }),
  );
  const destroy: Program = {
    name: `${client}, destroy of 120, 10 workers`,
    kind,
    workers: 10,
    calls: destroyOf(120, (at) => `s-${at}`),
    secrets: 120,
  };
  const rows: ProgramRow[] = [];
  for (const program of [...pools, destroy])
    for (const isLoaded of isQuick ? [false] : [false, true])
      for (const limiter of LIMITERS) rows.push(await run(program, limiter, isLoaded));
  return rows;
}

/**
 * A client that gives up at its first 429, ten requests at a time, one after another: applies, plans and destroys 200 secrets. Under the
 * default limit, and under 20 a second after a burst of 100.
 */
export async function measureDefaults(): Promise<ProgramRow[]> {
  const calls = [...times(200, create), ...times(200, (at) => secret('GET', nameOf(at))), ...destroyOf(200, nameOf)];
  const program: Program = { name: 'apply, plan and destroy of 200 without a retry', kind: 'node', workers: 10, calls, attempts: 1 };
  return [await run({ ...program, isDefault: true }, 'openkupe', false), await run(program, 'openkupe', false)];
}

/** One line per program, load and limiter. */
export function programsTable(rows: readonly ProgramRow[]): string {
  const headings = ['program', 'machine', 'limiter', 'done', 'gave up (last status)', 'promises broken', '429 per call', '× ideal time'];
  const lines = rows.map(({ program, load, limiter, calls, done, gaveUp, statuses, kept, broken, refused, ofIdeal }) => [
    program,
    load,
    contestant(limiter),
    `${done} of ${calls}`,
    gaveUp === 0 ? '0' : `${gaveUp} (${[...new Set(Object.values(statuses))].join(', ')})`,
    limiter === 'token bucket' ? '–' : `${broken} of ${kept + broken}`,
    (refused / calls).toFixed(2),
    Number.isNaN(ofIdeal) ? '–' : ofIdeal.toFixed(3),
  ]);
  return markdown(headings, lines);
}
