import { parseArgs } from 'node:util';
import { printFailure } from './report.ts';
import { runSeed } from './run-seed.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, steps: { type: 'string', default: '10000' }, trace: { type: 'boolean', default: false } },
});
const seed = Number(values.seed);
const steps = Number(values.steps);
const startedMs = performance.now();
const result = await runSeed(seed, { steps, ...(values.trace ? { show: console.log } : {}) });
if (result.violation) {
  console.error(printFailure(result, steps));
  process.exitCode = 1;
} else {
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`seed ${seed}: ${result.steps} steps, ${Math.round(result.virtualMs / 1000)} s of virtual time in ${seconds.toFixed(1)} s, trace ${result.digest}`);
}
