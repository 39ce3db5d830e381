import { createManualClock, type ManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../io.ts';
import { describeTerminal } from '../terminal/terminal.ts';
import { createFakeIo, type FakeIo, type FakeTerminal } from '../testing/fake-io.ts';
import { elapsedMark, type Progress, startProgress } from './progress.ts';

const CLEAR = '\r\u001b[2K';
let clock: ManualClock;
beforeEach(() => {
  clock = createManualClock();
});

function begin(shell: FakeTerminal, env: Environment = { NO_COLOR: '1' }): { io: FakeIo; progress: Progress } {
  const io = createFakeIo(shell);
  return { io, progress: startProgress({ stderr: io.stderr, terminal: describeTerminal(io, env), clock }) };
}

describe('without a terminal', () => {
  test('a line for each change, and none while nothing changes', async () => {
    const { io, progress } = begin({});
    progress.show({ phase: 'Pending' });
    await clock.advance(2_000);
    progress.show({ phase: 'Pending' });
    await clock.advance(32_000);
    progress.show({ phase: 'Provisioning', detail: 'creating control plane' });
    progress.end();
    expect(io.err()).toBe('[00:00] Pending\n[00:34] Provisioning  creating control plane\n');
  });

  test('a heartbeat 60 s after the last line', async () => {
    const { io, progress } = begin({});
    progress.show({ phase: 'Provisioning' });
    await clock.advance(30_000);
    progress.show({ phase: 'Provisioning', detail: 'almost' });
    await clock.advance(59_000);
    expect(io.err().split('\n')).toHaveLength(3);
    await clock.advance(1_000);
    expect(io.err()).toContain('[01:30] Provisioning  almost\n');
    progress.end();
  });

  test('no control characters, whatever the server says', async () => {
    const { io, progress } = begin({});
    progress.show({ phase: 'Provisioning', detail: 'a\u001b[2Jb\rc' });
    progress.end();
    expect(io.err()).toBe('[00:00] Provisioning  a\ufffd[2Jb c\n');
  });
});

describe('on a terminal', () => {
  test('one line that is redrawn each second, and left standing at the end', async () => {
    const { io, progress } = begin({ isTerminal: true });
    progress.show({ phase: 'Pending' });
    await clock.advance(2_000);
    progress.show({ phase: 'Running' });
    progress.end();
    expect(io.err()).toBe(`${CLEAR}[00:00] Pending${CLEAR}[00:01] Pending${CLEAR}[00:02] Pending${CLEAR}[00:02] Running\n`);
  });

  test('a note gets a line of its own above', () => {
    const { io, progress } = begin({ isTerminal: true });
    progress.show({ phase: 'Pending' });
    progress.note('rate limited');
    progress.end();
    expect(io.err()).toBe(`${CLEAR}[00:00] Pending${CLEAR}rate limited\n${CLEAR}[00:00] Pending\n`);
  });

  test('a narrow window cuts the line instead of wrapping it', () => {
    const { io, progress } = begin({ isTerminal: true, columns: 24 });
    progress.show({ phase: 'Provisioning', detail: 'creating control plane' });
    progress.end();
    expect(io.err()).toBe(`${CLEAR}[00:00] Provisioning  …\n`);
  });

  test.each([[{ TERM: 'dumb' }], [{ CI: '1' }]])('%j: lines', (env) => {
    const { io, progress } = begin({ isTerminal: true }, { ...env, NO_COLOR: '1' });
    progress.show({ phase: 'Pending' });
    progress.end();
    expect(io.err()).toBe('[00:00] Pending\n');
  });
});

test('after the end no timer is left', async () => {
  const { progress } = begin({ isTerminal: true });
  expect(clock.sleeping).toBe(1);
  progress.end();
  progress.end();
  expect(clock.sleeping).toBe(0);
});

test.each([
  [0, '[00:00]'],
  [59_999, '[00:59]'],
  [207_000, '[03:27]'],
  [3_807_000, '[1:03:27]'],
])('%i ms is %s', (ms, mark) => expect(elapsedMark(ms)).toBe(mark));
