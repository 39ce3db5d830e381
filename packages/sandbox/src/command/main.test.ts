import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const MAIN = fileURLToPath(new URL('main.mjs', import.meta.url));

/** The folders of sandboxes in which a process has files open. */
function foldersOf(pid: number): string[] {
  const open = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // closed meanwhile
    }
  });
  return [...new Set(open.flatMap((path) => /^.*\/openkupe-sandbox-[^/]+/.exec(path) ?? []))];
}

describe.skipIf(process.platform !== 'linux')('openkupe sandbox (needs Linux, which shows the open files of a process)', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends at %s with 0, and its folder is removed', { timeout: 60_000 }, async (signal) => {
    const child = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((resolve) => child.once('exit', (code, by) => resolve(code ?? by)));
    await expect.poll(() => said, { timeout: 30_000 }).toContain('openkupe sandbox timeline');
    const folders = foldersOf(child.pid ?? 0);
    expect(folders.map((path) => existsSync(path))).toEqual([true]);
    child.kill(signal);
    expect([await ended, existsSync(String(folders[0]))]).toEqual([0, false]);
  });
});

it('says nothing of a reader that has read enough, and ends with 0', async () => {
  const child = spawn(process.execPath, [MAIN, 'scenarios'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, complaints]).toEqual([0, '']);
});
