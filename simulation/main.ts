/** `npm run simulate`: see `options.ts` for what it can be asked for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { applyMutation } from './mutations/apply.ts';
import { checkMutations } from './mutations/check.ts';
import { MUTATIONS } from './mutations/mutations.ts';
import { readOptions, type SimulationOptions, USAGE } from './options.ts';
import { printFailure, printSeed } from './report.ts';

/** Plays the seeds one after the other, until one fails. */
async function playSeeds({ seeds, steps, isTraced, mutation }: SimulationOptions): Promise<number> {
  const mutated = mutation === undefined ? undefined : MUTATIONS[mutation];
  if (mutated) applyMutation(mutated);
  // NOTE: not imported above, because a mutation breaks what is loaded after it.
  const { runSeed } = await import('./run-seed.ts');
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

/** Everything that a run was asked for; its exit status. */
async function run(options: SimulationOptions): Promise<number> {
  if (options.checksMutations) return (await checkMutations()) === 0 ? 0 : 1;
  if (options.isAlone) return playSeeds(options);
  const startedMs = performance.now();
  const status = await spread(options);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (status === 0) console.log(`${options.seeds.length} seeds of ${options.steps} steps each hold, in ${seconds} s`);
  return status;
}

/** The options that were given; exits with the usage where they are none. */
function optionsOf(args: readonly string[]): SimulationOptions {
  if (args.includes('--help')) {
    console.log(USAGE);
    process.exit(0);
  }
  try {
    return readOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

process.exitCode = await run(optionsOf(process.argv.slice(2)));
