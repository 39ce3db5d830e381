/**
 * The entry point of `openkupe sandbox`. What Node makes of the sources is kept beside the packages, as for the server: a start takes a third of
 * the time then. It is JavaScript, because Node strips the types of the first file before anything can be taken from there.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../../../node_modules/.cache/openkupe-server', import.meta.url)));
// NOTE: a reader that has read enough, such as head, closes the pipe; that is no failure of this program.
process.stdout.on('error', () => {});
const { run } = await import('./run.ts');
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  say: (text) => process.stdout.write(`${text}\n`),
  complain: (text) => process.stderr.write(`openkupe sandbox: ${text}\n`),
});
