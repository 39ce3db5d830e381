import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect } from 'vitest';
import { testOfOwnServer } from '../server-under-test.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TEST_MS = 120_000;
const folder = mkdtempSync(join(tmpdir(), 'openkupe-npm-'));
const groups = new Set<number>();
afterAll(() => {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // The group has ended.
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

interface NpmStart {
  readonly npm: ChildProcess;
  readonly port: number;
  readonly printed: () => string;
}

/** `npm start` in a process group of its own, as a supervisor runs it. */
async function npmStart(name: string): Promise<NpmStart> {
  const npm = spawn('npm', ['start', '--', '--port', '0', '--data', join(folder, name)], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  groups.add(npm.pid ?? 0);
  let printed = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  while (!printed.includes('Ctrl-C stops') && npm.exitCode === null) await sleep(20);
  const port = Number(/openkupe is running at http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1]);
  expect(port, printed.replace(/kupe_\S+/g, 'kupe_…')).toBeGreaterThan(0);
  return { npm, port, printed: () => printed };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}

describe.concurrent('a signal to the npm process alone, the only one that a supervisor knows', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    testOfOwnServer(
      `${signal}: the server drains and ends, and npm ends after it`,
      async () => {
        const { npm, port, printed } = await npmStart(signal);
        npm.kill(signal);
        await once(npm, 'close');
        expect(printed()).toContain('Stopped.');
        expect(await isListening(port)).toBe(false);
      },
      TEST_MS,
    );
  }

  testOfOwnServer(
    'SIGKILL: the server notices that it was left alone and stops by itself',
    async () => {
      const { npm, port, printed } = await npmStart('SIGKILL');
      npm.kill('SIGKILL');
      // The pipes close with the last process that holds them, which is the server.
      await once(npm, 'close');
      expect(printed()).toContain('Stopped.');
      expect(await isListening(port)).toBe(false);
    },
    TEST_MS,
  );
});
