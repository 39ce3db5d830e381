import { systemClock, systemRandom } from '@openkupe/contract';
import { processEnvironment } from '../config/environment.ts';
import { runSecretValuesCommand } from './run-secret-values-command.ts';

process.exitCode = await runSecretValuesCommand(process.argv.slice(3), {
  env: processEnvironment(),
  folder: process.cwd(),
  clock: systemClock,
  random: systemRandom,
  say: (text) => void process.stdout.write(`${text}\n`),
  complain: (sentence) => void process.stderr.write(`openkupe: ${sentence}\n`),
});
