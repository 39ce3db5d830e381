/** `npm run simulate`: see `options.ts` for what it can be asked for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { readOptions, type SimulationOptions } from './options.ts';
import { printFailure, printSeed } from './report.ts';
import { runSeed } from './run-seed.ts';

/** Plays the seeds one after the other, until one fails. */
async function playSeeds({ seeds, steps, isTraced }: SimulationOptions): Promise<number> {
  for (const seed of seeds) {
    const startedMs = performance.now();
    const result = await runSeed(seed, { steps, ...(isTraced ? { show: console.log } : {}) });
    if (result.violation) {
      console.error(printFailure(result, steps));
      return 1;
    }
    console.log(printSeed(result, performance.now() - startedMs));
  }
  return 0;
}

/** Plays the seeds in as many processes as there are processors. */
async function spread({ seeds, steps }: SimulationOptions): Promise<number> {
  const processes = Math.min(availableParallelism(), seeds.length);
  const statuses = Array.from({ length: processes }, async (_, index) => {
    const own = seeds.filter((_seed, at) => at % processes === index);
    const args = [...process.execArgv, import.meta.filename, '--seeds', own.join(), '--steps', String(steps), '--alone'];
    const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
    return Number(status ?? 1);
  });
  return Math.max(...(await Promise.all(statuses)));
}

const options = readOptions(process.argv.slice(2));
const startedMs = performance.now();
process.exitCode = options.isAlone ? await playSeeds(options) : await spread(options);
if (!options.isAlone && process.exitCode === 0) {
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${options.seeds.length} seeds of ${options.steps} steps each hold, in ${seconds.toFixed(1)} s`);
}
