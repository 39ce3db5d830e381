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

/** Simulates the program with one mutation, in a process of its own. Whether the validator found it, and what to print. */
async function check(
  { validator, orBy, file, replacement }: Mutation,
  index: number,
): Promise<{ readonly isFound: boolean; readonly line: string }> {
  const seeds = Array.from({ length: SEEDS }, (_, at) => at + 1).join();
  const args = ['--mutation', String(index), '--seeds', seeds, '--steps', String(STEPS), '--alone'];
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [printed] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  const [, where = '', found] = /^(seed \d+ failed at step \d+): ([\w-]+):/m.exec(printed) ?? [];
  const isFound = found !== undefined && [validator, orBy].includes(found);
  const outcome =
    found === undefined ? `not found in ${SEEDS} seeds: ${printed.slice(-300)}` : isFound ? where : `found by ${found}: ${where}`;
  return { isFound, line: `${isFound ? 'ok    ' : 'FAILED'} ${validator}: "${replacement || 'left out'}" in ${file}: ${outcome}` };
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
