import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** Runs one worker in a process of its own and reads the JSON on its last line. */
export function runWorker(file: string, given: readonly string[], limitMs = 600_000): Promise<unknown> {
  const flags = ['--expose-gc', '--max-old-space-size=12000', '--no-warnings'];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...flags, join(import.meta.dirname, file), ...given],
      { timeout: limitMs, maxBuffer: 1 << 24 },
      (error, out, complaint) => {
        if (error) reject(new Error(`${file} ${given.join(' ')} failed: ${complaint || error.message}`));
        else resolve(JSON.parse(out.trim().split('\n').at(-1) ?? 'null'));
      },
    );
  });
}
