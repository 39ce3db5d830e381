import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { beforeEach, expect, it } from 'vitest';
import { createStderrLog } from '../log/stderr-log.ts';
import type { BeginTerm } from '../store/term.ts';
import { createWorking } from './working.ts';

let happened: string[];
let lose: (() => void) | undefined;
beforeEach(() => {
  happened = [];
  lose = undefined;
});

/** A term at once; it can be lost. */
const beginTerm: BeginTerm = async (signal) => {
  if (signal.aborted) return undefined;
  const lost = new AbortController();
  lose = () => lost.abort('lost');
  happened.push('term');
  return { lost: lost.signal, end: async () => void happened.push('end of term') };
};

function workingWith({ begin = beginTerm, failures = 0 }: { begin?: BeginTerm; failures?: number } = {}) {
  const clock = createManualClock();
  let left = failures;
  const working = createWorking({
    beginTerm: begin,
    createReconciler: () => ({ start: () => void happened.push('start'), stop: async () => void happened.push('stop') }),
    engine: {
      async takeOver() {
        left -= 1;
        if (left >= 0) throw new Error('not now');
        happened.push('take over');
      },
      standDown: async () => void happened.push('stand down'),
    },
    clock,
    log: createStderrLog('silent'),
  });
  return { clock, working };
}

const TERM = ['term', 'take over', 'start'];
const END = ['stop', 'stand down', 'end of term'];

it('begins with a term, and gives everything back before the term ends', async () => {
  const { working } = workingWith();
  working.start();
  await expect.poll(() => working.isOn).toBe(true);
  await working.stop();
  expect(happened).toEqual([...TERM, ...END]);
  expect(working.isOn).toBe(false);
});

it('stops when its term is lost, and begins another one', async () => {
  const { working } = workingWith();
  working.start();
  await expect.poll(() => happened.length).toBe(3);
  lose?.();
  await expect.poll(() => happened).toEqual([...TERM, ...END, ...TERM]);
  await working.stop();
});

it('ends a term in which the engine cannot begin, and tries again a second later', async () => {
  const { clock, working } = workingWith({ failures: 1 });
  working.start();
  await expect.poll(() => clock.sleeping).toBe(1);
  await clock.advance(1_000);
  await expect.poll(() => working.isOn).toBe(true);
  expect(happened).toEqual(['term', 'stop', 'stand down', 'end of term', ...TERM]);
  await working.stop();
});

it('stops while it waits for its term', async () => {
  const begin: BeginTerm = (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  const { working } = workingWith({ begin });
  working.start();
  await working.stop();
  expect(happened).toEqual([]);
});
