import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/** Everything that a sandbox keeps, as JSON. It holds keys: of a sandbox, which are good for nothing else. */
export interface SandboxState {
  readonly format: 1;
  /** The time on the clock of the sandbox, epoch milliseconds. */
  readonly nowMs: number;
  readonly apiKey: string;
  /** The files of the data folder, base64, by their paths. */
  readonly files: Readonly<Record<string, string>>;
}

/** The files of a data folder at one moment: read in one turn of the event loop, in which the server writes nothing. */
export function readFiles(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1).replaceAll(sep, '/')] = readFileSync(path).toString('base64');
  }
  return files;
}

/** Writes them into an empty folder. */
export function writeFiles(folder: string, files: SandboxState['files']): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, Buffer.from(content, 'base64'), { mode: 0o600 });
  }
}

/** Checks what was given as a state. @throws with a sentence where it is none. */
export function readState(input: unknown): SandboxState {
  const { format, nowMs, apiKey, files } = Object(input) as Partial<Record<keyof SandboxState, unknown>>;
  const isPath = (path: string) => normalize(path) === path && !path.startsWith('/') && !path.split(/[\\/]/).includes('..');
  const isWhole =
    format === 1 &&
    Number.isFinite(nowMs) &&
    typeof apiKey === 'string' &&
    typeof files === 'object' &&
    files !== null &&
    Object.entries(files).every(([path, content]) => isPath(path) && typeof content === 'string');
  if (!isWhole) throw new Error('This is no state of a sandbox; give what an export wrote, unchanged');
  return input as SandboxState;
}
