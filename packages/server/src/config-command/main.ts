import { processEnvironment } from '../config/environment.ts';
import { runConfigCommand } from './run-config-command.ts';

process.exitCode = await runConfigCommand(process.argv.slice(3), {
  env: processEnvironment(),
  folder: process.cwd(),
  say: (text) => void process.stdout.write(`${text}\n`),
  complain: (sentence) => void process.stderr.write(`openkupe: ${sentence}\n`),
});
