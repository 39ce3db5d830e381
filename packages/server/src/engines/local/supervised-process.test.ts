import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@openkupe/contract';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createStderrLog } from '../../log/stderr-log.ts';
import { scratchFolder } from '../../store/testing/scratch-folder.ts';
import { identityOf, type ProcessIdentity } from './process-identity.ts';
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts';

let folder: string;
let supervised: SupervisedProcess;
let changes = 0;
function onChange(): void {
  changes += 1;
}
const supervise = () => superviseProcess({ name: 'it', folder, clock: systemClock, log: createStderrLog('silent'), onChange });
beforeEach(() => {
  folder = scratchFolder();
  supervised = supervise();
});
afterEach(() => supervised.stop());

/** A program that prints its environment, and ends so long after SIGTERM. */
const lingering = (seconds: number) => ({
  program: '/bin/sh',
  args: ['-c', `env; trap 'sleep ${seconds}; exit 0' TERM; while :; do sleep 0.02; done`],
});
const run = (seconds: number) => supervised.run({ command: () => lingering(seconds) });
const recorded = () => JSON.parse(readFileSync(join(folder, 'it.pid'), 'utf8')) as ProcessIdentity;
const untilLogged = () => expect.poll(() => readFileSync(join(folder, 'it.log'), 'utf8')).toContain('HOME=');

it('another command runs once the process of the former one has ended, so that the two never answer at the same time', async () => {
  await run(0.3);
  await untilLogged();
  const { pid } = recorded();
  await run(0.1);
  expect(identityOf(pid)).toBeUndefined();
  await expect.poll(() => recorded().pid).not.toBe(pid);
  expect(supervised.isRunning).toBe(true);
});

it('the same command goes on as the same process, also under another supervision', async () => {
  await run(0);
  const { pid } = recorded();
  await run(0);
  await supervised.leave();
  supervised = supervise();
  expect(supervised.isRunning).toBe(true);
  await run(0);
  expect(recorded().pid).toBe(pid);
});

it('a process has no variable of this one, and its files are readable by their owner alone', async () => {
  vi.stubEnv('OPENKUPE_TEST_SECRET', 'hunter2');
  onTestFinished(() => void vi.unstubAllEnvs());
  await run(0);
  await untilLogged();
  expect(readFileSync(join(folder, 'it.log'), 'utf8')).not.toContain('hunter2');
  for (const name of ['it.log', 'it.pid']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

it('a process that ends by itself is started again, with the reason, which is reported', async () => {
  await run(0);
  const { pid } = recorded();
  const before = changes;
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => supervised.lastEnd).toBe('it ended by SIGKILL');
  expect(changes).toBe(before + 1);
  await expect.poll(() => supervised.isRunning).toBe(true);
  expect(recorded().pid).not.toBe(pid);
});

it('a process that ended while nobody supervised it is started again, with the reason', async () => {
  await run(0);
  const { pid } = recorded();
  await supervised.leave();
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => identityOf(pid)).toBeUndefined();
  supervised = supervise();
  await run(0);
  expect(supervised.lastEnd).toBe('it ended while it was not supervised');
  await expect.poll(() => supervised.isRunning).toBe(true);
  await supervised.stop();
  await run(0);
  expect(supervised.lastEnd).toBe('');
});

it('a program that is not there is reported without its path', async () => {
  await supervised.run({ command: () => ({ program: '/nowhere/it', args: [] }) });
  await expect.poll(() => supervised.lastEnd).toBe('it ended before it could start (ENOENT)');
  expect(supervised.isRunning).toBe(false);
});

it('another process with the recorded id is neither adopted nor ended', async () => {
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void stranger.kill());
  const { program, args } = lingering(0);
  writeFileSync(join(folder, 'it.pid'), JSON.stringify({ pid: stranger.pid, startedAt: 'x', command: [program, ...args].join(' ') }));
  expect(supervised.isRunning).toBe(false);
  await run(0);
  expect(recorded().pid).not.toBe(stranger.pid);
  await supervised.stop();
  expect(stranger.exitCode).toBeNull();
  expect(identityOf(stranger.pid ?? 0)?.command).toBe('sleep 600');
});
