import type { Clock, Random } from '@openkupe/contract';
import { ConfigError } from '../config/config.ts';
import { readSettings } from '../config/read-settings.ts';
import { checkOpenBao, type Finding } from '../secrets-backend/openbao/check-openbao.ts';

/** Where the settings come from, and where the results go. */
export interface SecretValuesCommandPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (text: string) => void;
  readonly complain: (sentence: string) => void;
}

const HELP = `Usage: openkupe-server secret-values check [--tenant NAME] [flags of the server]

Proves that the OpenBao server of the settings (OPENKUPE_OPENBAO_ADDRESS) can hold the values of secrets: that it is unsealed, that its token is
accepted and can be renewed, and that values are read. With a token that may write it also writes a probe with check-and-set, reads it back and
deletes it, under tenants/openkupe-check/ or in the mount of the tenant that --tenant names. Other values are neither read nor changed.

Exit codes: 0 everything that was checked is right, 1 something is not, 2 the settings or the usage are wrong.`;

const EXIT = { right: 0, failed: 1, misuse: 2 } as const;
const MARKS = { ok: 'ok     ', failed: 'FAILED ', 'not-checked': 'skipped' } as const;

/** The name after `--tenant`, and the arguments without both. */
function takeTenant(argv: readonly string[]): { readonly tenant: string | undefined; readonly rest: readonly string[] } {
  const at = argv.indexOf('--tenant');
  if (at === -1) return { tenant: undefined, rest: argv };
  const tenant = argv[at + 1];
  if (!tenant) throw new ConfigError(['--tenant needs the name of a tenant']);
  return { tenant, rest: argv.toSpliced(at, 2) };
}

async function check(argv: readonly string[], { env, folder, clock, random, say }: SecretValuesCommandPorts): Promise<number> {
  const { tenant, rest } = takeTenant(argv);
  const { openbao } = (await readSettings(rest, env, folder)).config;
  if (!openbao) throw new ConfigError(['No OpenBao server is set: OPENKUPE_OPENBAO_ADDRESS is empty, so the values are in the store']);
  if (openbao.mount.includes('{tenant}') && tenant === undefined)
    throw new ConfigError(['Each tenant has a mount of its own (OPENKUPE_OPENBAO_MOUNT): name one with --tenant']);
  const findings: readonly Finding[] = await checkOpenBao({ ...openbao, clock }, random, tenant);
  for (const { state, what, detail } of findings) say(`${MARKS[state]} ${what}: ${detail}`);
  return findings.some(({ state }) => state === 'failed') ? EXIT.failed : EXIT.right;
}

/** Runs `secret-values`; resolves with the exit code. `argv` is what follows that word. */
export async function runSecretValuesCommand(argv: readonly string[], ports: SecretValuesCommandPorts): Promise<number> {
  const [verb, ...rest] = argv;
  if (argv.includes('--help') || argv.includes('-h')) {
    ports.say(HELP);
    return EXIT.right;
  }
  try {
    if (verb !== 'check') throw new ConfigError([`${verb ? `Unknown command "${verb}"` : 'A command is missing'}; the command is check`]);
    return await check(rest, ports);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) ports.complain(problem);
    return EXIT.misuse;
  }
}
