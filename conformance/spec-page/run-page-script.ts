import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isExistingServer } from '../server-under-test.ts';

export type PageScript = 'wait-on-429.sh' | 'update-version.sh';

/** The lines of the page, as they are stored. */
export const readPageScript = (name: PageScript) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');

export interface ScriptRun {
  readonly host: string;
  readonly tenant: string;
  readonly apiKey: string;
  readonly cluster?: string;
  /** The awk that the script finds; the machine's own when absent. */
  readonly awk?: string;
  /** Programs that the script finds before the machine's own: name to bash source. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Called when the script prints something. */
  readonly onOutput?: (text: string) => void;
  /** Shell lines that run after the script in the same shell, to look at its variables. */
  readonly afterwards?: string;
}

export interface ScriptResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
  /** What the script left in `/tmp/body`. */
  readonly savedBody: string;
}

/** The kinds of awk on this machine, as program and leading argument. */
export function awksFound(): string[] {
  return ['mawk', 'gawk', 'busybox', 'original-awk'].flatMap((name) => {
    try {
      return [execFileSync('bash', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()];
    } catch {
      return [];
    }
  });
}

/**
 * The page's scripts all write to `/tmp/body`, so that only one may run on a machine at a time. The name of an abstract socket is the
 * lock: the kernel frees it with the process, however that ends.
 */
async function lockTemporaryBody(): Promise<Server> {
  for (;;) {
    const lock = createServer();
    const isMine = await new Promise<boolean>((resolve) => {
      lock.once('error', () => resolve(false)).listen('\0openkupe-conformance-tmp-body', () => resolve(true));
    });
    if (isMine) return lock;
    await sleep(25);
  }
}

/** A folder to put first on the PATH: the chosen awk, and the given programs. */
function makeFolder({ awk, programs = {} }: ScriptRun): string {
  const folder = mkdtempSync(join(tmpdir(), 'openkupe-page-script-'));
  if (awk) symlinkSync(awk, join(folder, 'awk'));
  for (const [name, source] of Object.entries(programs)) {
    writeFileSync(join(folder, name), source);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** Runs one of the page's scripts through bash. What is between the angle brackets, and the host, is all that is replaced. */
export async function runPageScript(name: PageScript, run: ScriptRun): Promise<ScriptResult> {
  const text = readPageScript(name)
    .replaceAll('https://api.kupe.cloud', run.host)
    .replaceAll('<tenant>', run.tenant)
    .replaceAll('<cluster>', run.cluster ?? '');
  const folder = makeFolder(run);
  const lock = await lockTemporaryBody();
  try {
    rmSync('/tmp/body', { force: true });
    const started = Date.now();
    const child = spawn('bash', ['-c', `${text}\n${run.afterwards ?? ''}`], {
      env: { PATH: `${folder}:${process.env.PATH}`, KUPE_API_KEY: run.apiKey, TMPDIR: folder, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      stdout += part;
      run.onOutput?.(stdout);
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      stderr += part;
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const tookMs = Date.now() - started;
    let savedBody = '';
    try {
      savedBody = readFileSync('/tmp/body', 'utf8');
    } catch {
      // NOTE: curl writes no file for an answer without a body.
    }
    return { code, stdout, stderr, tookMs, savedBody };
  } finally {
    lock.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The page's scripts know no patience beyond their own, so a limit that other tests have used up must be waited out before them. */
export const SCRIPT_TEST_MS = isExistingServer ? 20 * 60_000 : 60_000;
