import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { identityOf, isStill } from './process-identity.ts';

it.each(['linux', 'darwin'] as const)('a process is known by start and command, by the means of %s', async (platform) => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill());
  await once(child, 'spawn');
  const seen = identityOf(child.pid ?? 0, platform);
  expect(seen).toMatchObject({ pid: child.pid, command: 'sleep 600', startedAt: expect.stringMatching(/./) });
  expect(identityOf(child.pid ?? 0, platform)).toEqual(seen);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(identityOf(child.pid ?? 0, platform)).toBeUndefined();
});

it('another start or command under the same id is another process', () => {
  const self = identityOf(process.pid);
  if (!self) throw new Error('this process is there');
  expect(isStill(self)).toBe(true);
  expect(isStill({ ...self, startedAt: 'earlier' })).toBe(false);
  expect(isStill({ ...self, command: 'another' })).toBe(false);
});
