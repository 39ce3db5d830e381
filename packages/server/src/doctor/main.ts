import { systemClock, systemRandom } from '@openkupe/contract';
import { processEnvironment } from '../config/environment.ts';
import { runDoctor } from './run-doctor.ts';

process.exitCode = await runDoctor(process.argv.slice(3), {
  env: processEnvironment(),
  folder: process.cwd(),
  clock: systemClock,
  random: systemRandom,
  say: (text) => void process.stdout.write(`${text}\n`),
  complain: (sentence) => void process.stderr.write(`openkupe: ${sentence}\n`),
});
