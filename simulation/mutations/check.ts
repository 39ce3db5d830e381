import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { MUTATIONS, type Mutation } from './mutations.ts';

/** Seeds in which a mutation has to be found, and the steps of each. */
const SEEDS = 24;
const STEPS = 10_000;

const MAIN = join(import.meta.dirname, '..', 'main.ts');

/** The first seed from `from` on that fails with a mutation, at which step, and by which validator; in a process of its own. */
async function firstFailure(index: number, from: number) {
  const seeds = Array.from({ length: SEEDS + 1 - from }, (_, at) => from + at).join();
  const args = ['--mutation', String(index), '--seeds', seeds, '--steps', String(STEPS), '--alone'];
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [printed] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  const [, where = '', seed, validator] = /^(seed (\d+) failed at step \d+): ([\w-]+):/m.exec(printed) ?? [];
  return { printed, where, seed: Number(seed), validator };
}

/** Looks for a seed in which the validator of a mutation finds it first; in others another one may, for a break can have several effects. */
async function check(
  { validator, orBy, file, replacement }: Mutation,
  index: number,
): Promise<{ readonly isFound: boolean; readonly line: string }> {
  const what = `${validator}: "${replacement || 'left out'}" in ${file}`;
  let before = '';
  for (let from = 1; from <= SEEDS; ) {
    const found = await firstFailure(index, from);
    if (found.validator === undefined) {
      return { isFound: false, line: `FAILED ${what}: not found in ${SEEDS} seeds${before}: ${found.printed.slice(-300)}` };
    }
    if ([validator, orBy].includes(found.validator)) return { isFound: true, line: `ok     ${what}: ${found.where}` };
    before = `, by ${found.validator} at ${found.where}`;
    from = found.seed + 1;
  }
  return { isFound: false, line: `FAILED ${what}: not found in ${SEEDS} seeds${before}` };
}

/** Breaks the program once for each mutation, and prints which validator found it. Returns how many were not found as they should. */
export async function checkMutations(): Promise<number> {
  const waiting = [...MUTATIONS.entries()];
  let failed = 0;
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { isFound, line } = await check(next[1], next[0]);
      console.log(line);
      if (!isFound) failed += 1;
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return failed;
}
