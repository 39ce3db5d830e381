import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { startWorker } from '../harness/worker.ts';

/** One kind of request. A PATCH sends the ETag of the answer before it as `If-Match`, and a body that changes something. */
export interface Shape {
  readonly name: string;
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
}

/** What is sent: each connection repeats its shapes in order, one request at a time. */
export interface Load {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: readonly (readonly Shape[])[];
  readonly seconds: number;
}

export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadResult {
  readonly byName: Readonly<Record<string, Rate>>;
  readonly statuses: Readonly<Record<string, number>>;
}

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

const hasWrk = isThere('wrk');

/** Runs a load in a process of its own. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const worker = await startWorker(new URL('load.worker.ts', import.meta.url));
  const result = await worker.ask<LoadResult>(load);
  await worker.stop();
  return result;
}

const MILLISECONDS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1_000, m: 60_000 };

function percentile(printed: string, which: string): number {
  const [, value, unit = ''] = new RegExp(`${which}%\\s+([\\d.]+)(us|ms|s|m)`).exec(printed) ?? [];
  return Number(value) * (MILLISECONDS[unit] ?? Number.NaN);
}

/** One GET over and over on `connections` connections, by wrk where it is installed. @throws where other statuses than `status` came. */
export async function readLoad(
  target: { readonly port: number; readonly path: string; readonly headers: Load['headers']; readonly status: number },
  connections: number,
  seconds: number,
): Promise<Rate> {
  const { port, path, headers, status } = target;
  if (!hasWrk) {
    const shape = { name: 'read', method: 'GET', path } as const;
    const result = await runLoad({ port, headers, seconds, connections: Array.from({ length: connections }, () => [shape]) });
    if (Object.keys(result.statuses).join() !== String(status)) throw new Error(`${path} answered ${JSON.stringify(result.statuses)}`);
    return result.byName.read as Rate;
  }
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const { stdout } = await promisify(execFile)('wrk', [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...given],
    `http://127.0.0.1:${port}${path}`,
  ]);
  const errors = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const total = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  // NOTE: a limit that is used up lets one through now and then.
  if (Math.abs(errors - (status >= 400 ? total : 0)) > total / 1000) throw new Error(`${path} answered ${errors} errors of ${total}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: percentile(stdout, '50'),
    p99Ms: percentile(stdout, '99'),
  };
}
