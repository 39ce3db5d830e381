import { execFile, execFileSync, spawn } from 'node:child_process';

function isThere(): boolean {
  try {
    execFileSync('sqlite3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Whether the command-line program of SQLite is on the PATH. It is another process and another build of the library than ours. */
export const hasSqlite3 = isThere();

/** Runs `sqlite3 FILE COMMAND…`; resolves with what it printed, errors included. */
export function sqlite3(file: string, ...commands: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile('sqlite3', ['-bail', file, ...commands], (_error, out, complaints) => resolve(out + complaints));
  });
}

/** A `sqlite3` that holds a read transaction open until `end` is called. */
export async function holdReader(file: string): Promise<{ readonly end: () => Promise<void> }> {
  const reader = spawn('sqlite3', [file], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => void reader.once('close', () => resolve()));
  const isReading = new Promise<void>((resolve) => void reader.stdout.once('data', () => resolve()));
  reader.stdin.write('BEGIN;\nSELECT count(*) FROM resource;\n');
  await Promise.race([isReading, ended]);
  return {
    end() {
      reader.stdin.end();
      return ended;
    },
  };
}
