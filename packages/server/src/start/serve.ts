import { type Clock, systemClock, systemRandom } from '@openkupe/contract';
import { type Config, ConfigError } from '../config/config.ts';
import { processEnvironment } from '../config/environment.ts';
import { describeSettings } from '../config/given-settings.ts';
import { type ReadSettings, readSettings } from '../config/read-settings.ts';
import { BrokenDataError } from '../store/broken-data.ts';
import { type ControlPlane, compose } from './compose.ts';
import { type EnvFile, openEnvFile, readKeyFromEnvFile } from './env-file.ts';
import { ensureFirstTenant, FIRST_TENANT, issueFirstTenantKey } from './first-tenant.ts';
import { greeting } from './greeting.ts';
import { warnOfReadableSecrets } from './readable-secrets.ts';
import { createReload } from './reload.ts';
import { explainStartFailure } from './start-failure.ts';

/** Exit codes: 0 stopped as asked, 1 could not start, 2 the settings are wrong. */
const EXIT = { ok: 0, failed: 1, misuse: 2 } as const;

// NOTE: a closed stdout or stderr must not end the control plane.
let unshown: NodeJS.ErrnoException | undefined;
process.stdout.on('error', (error) => {
  unshown ??= error;
});
process.stderr.on('error', () => {});
const say = (text: string) => process.stdout.write(`${text}\n`);
const complain = (text: string) => process.stderr.write(`openkupe: ${text}\n`);

async function listen(plane: ControlPlane, config: Config): Promise<string> {
  await plane.http.listen({ host: config.host, port: config.port });
  const address = plane.http.server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host;
  return `${config.tlsFiles ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function unlessBroken(error: unknown): undefined {
  if (!(error instanceof BrokenDataError)) throw error;
}

/** The key for the environment file: the one just issued, else the one in the file if it is still valid, else a new one. */
async function keyForEnvFile(path: string, firstKey: string | undefined, plane: ControlPlane): Promise<string> {
  if (firstKey) return firstKey;
  const known = await readKeyFromEnvFile(path);
  // A key whose row cannot be read does not work any more; the row is in the log and the readiness check.
  const authentication = known && (await plane.ports.authenticator.authenticate(known, '127.0.0.1').catch(unlessBroken));
  if (authentication && authentication.outcome === 'identified' && authentication.identity.roles.has(FIRST_TENANT)) return known;
  return issueFirstTenantKey(plane.ports, 'key of the environment file');
}

/** Reports on stderr when the first key could not be written to stdout: the key is valid and shown nowhere else. */
async function checkFirstKeyShown(firstKey: string | undefined, config: Config): Promise<void> {
  if (!firstKey || config.envFile) return;
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  if (!unshown) return;
  const reason = unshown.code ?? unshown.message;
  complain(`The first admin key could not be shown (${reason}); restart with --write-env FILE to have another one written there`);
}

/** A wrapper such as npm forwards a Ctrl-C that this process got already; only one this much later counts as a second. */
const SECOND_INTERRUPT_MS = 1_000;

/**
 * Resolves at the first SIGINT or SIGTERM, or when the process that started this one with an IPC channel ends (`npm start` killed with
 * SIGKILL). A later Ctrl-C ends the process at once; a repeated SIGTERM changes nothing.
 */
function untilAskedToStop(clock: Clock): Promise<void> {
  let askedAt: number | undefined;
  return new Promise((resolve) => {
    process.once('disconnect', resolve);
    process.channel?.unref(); // the listener alone would keep the process alive
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (askedAt !== undefined && signal === 'SIGINT' && clock.monotonic() - askedAt > SECOND_INTERRUPT_MS) process.exit(130);
        askedAt ??= clock.monotonic();
        resolve();
      });
    }
  });
}

async function run(): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) {
    say(describeSettings());
    return EXIT.ok;
  }
  const read = () => readSettings(argv, processEnvironment(), process.cwd());
  const settings = await read();
  const { config } = settings;
  // NOTE: opened before anything is made, so that no key is issued that cannot be written.
  const envFile = config.envFile ? await openEnvFile(config.envFile) : undefined;
  try {
    return await serve(settings, read, envFile);
  } finally {
    await envFile?.discard();
  }
}

/** Reads the settings again at SIGHUP; at one during the start as soon as that is over. */
function reloadAtSighup(settings: ReadSettings, read: () => Promise<ReadSettings>, composing: Promise<ControlPlane>): void {
  // NOTE: a terminal that is closed sends SIGHUP, too, and what it started has to end then.
  if (process.stdin.isTTY) return;
  const reload = composing.then(
    (plane) => createReload(settings, { read, apply: (next) => plane.reload(next), log: plane.ports.log }),
    () => undefined,
  );
  process.on('SIGHUP', () => void reload.then((again) => again?.()));
}

async function serve(settings: ReadSettings, read: () => Promise<ReadSettings>, envFile: EnvFile | undefined): Promise<number> {
  const { config } = settings;
  const asked = untilAskedToStop(systemClock);
  const composing = compose(config, { clock: systemClock, random: systemRandom });
  reloadAtSighup(settings, read, composing);
  const plane = await composing;
  try {
    // NOTE: the first key can be shown only once, so it is issued after everything that can fail.
    const url = await listen(plane, config);
    const { metricsUrl } = await plane.start();
    await warnOfReadableSecrets(config, settings.given, plane.ports.log);
    const firstKey = config.makesFirstTenant && config.role !== 'workers' ? await ensureFirstTenant(plane.ports) : undefined;
    if (config.envFile && envFile) {
      const apiKey = await keyForEnvFile(config.envFile, firstKey, plane);
      await envFile.write({ host: url, tenant: FIRST_TENANT, apiKey });
    }
    const hasTenants = (await plane.ports.store.keysAfter('tenant', undefined, 1)).length > 0;
    for (const line of greeting({ url, metricsUrl, limitBytes: plane.limitBytes, firstKey, hasTenants }, config)) say(line);
    await checkFirstKeyShown(firstKey, config);
  } catch (error) {
    await plane.stop(0);
    throw error;
  }
  await asked;
  say('\nStopping: running requests finish, new ones get 503. Ctrl-C again stops at once.');
  await plane.stop(config.drainMs);
  say('Stopped.');
  return EXIT.ok;
}

try {
  process.exitCode = await run();
} catch (error) {
  if (error instanceof ConfigError) for (const problem of error.problems) complain(problem);
  else complain(explainStartFailure(error));
  process.exitCode = error instanceof ConfigError ? EXIT.misuse : EXIT.failed;
}
