import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface WorkerLimits {
  /** The longest the process may take. */
  readonly limitMs?: number;
  /** Memory for JavaScript objects. */
  readonly heapMb?: number;
}

/** Why a worker has no result, in a few words that fit a table. */
export class DidNotFinish extends Error {}

/** Runs one worker in a process of its own and reads the JSON on its last line. Throws {@link DidNotFinish}. */
export function runWorker(file: string, given: readonly string[], limits: WorkerLimits = {}): Promise<unknown> {
  const { limitMs = 600_000, heapMb = 4000 } = limits;
  const flags = ['--expose-gc', `--max-old-space-size=${heapMb}`, '--no-warnings'];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...flags, join(import.meta.dirname, file), ...given],
      { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 1 << 24 },
      (error, out, complaint) => {
        if (error) reject(new DidNotFinish(reasonOf(error, complaint, { limitMs, heapMb })));
        else resolve(JSON.parse(out.trim().split('\n').at(-1) ?? 'null'));
      },
    );
  });
}

function reasonOf(error: Error & { killed?: boolean }, complaint: string, limits: { limitMs: number; heapMb: number }): string {
  if (error.killed) return `over ${limits.limitMs / 1000} s`;
  if (complaint.includes('heap out of memory')) return `out of memory at ${Math.round(limits.heapMb / 1000)} GB`;
  return /^\w*Error: .*/m.exec(complaint)?.[0] ?? error.message.split('\n')[0] ?? 'unknown';
}
