import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Clock, Random } from '@openkupe/contract';
import { codeOf } from '@openkupe/files/error-code';
import { type Config, ConfigError } from '../config/config.ts';
import { readGiven } from '../config/given-settings.ts';
import { readSettings } from '../config/read-settings.ts';
import { checkDisk } from './check-disk.ts';
import { checkCertificate, checkPermissions } from './check-files.ts';
import { checkIssuer } from './check-issuer.ts';
import { checkProxies } from './check-proxies.ts';
import { checkStore } from './check-store.ts';
import { checkEngines, checkValkey, databaseOf } from './compose.ts';
import { type Finding, fail, sentenceOf } from './finding.ts';
import { createMask } from './mask.ts';
import { writeBundle } from './write-bundle.ts';

/** Where the settings come from, and where the results go. */
export interface DoctorPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly say: (text: string) => void;
  readonly complain: (sentence: string) => void;
}

/** The text of `--help`. */
export const DOCTOR_HELP = `Usage: openkupe-server doctor [--json] [--bundle DIR] [flags of the server]

Looks for what is wrong with this installation, and says what to do. Run it as the user that runs the server, with its settings. Changes nothing;
a server may run meanwhile.

  --json        print the findings as JSON
  --bundle DIR  write findings, settings and metrics to a new folder, without secrets, for whoever helps

Exit codes: 0 nothing fails, 1 something does, 2 the usage is wrong.`;

const MISUSE = 2;
const OWN_FLAGS = { json: { type: 'boolean' }, bundle: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;

/** Takes the flags of the command out of those of the server. */
function takeOwnFlags(argv: readonly string[]) {
  const { values, tokens } = parseArgs({ args: [...argv], options: OWN_FLAGS, strict: false, tokens: true, allowPositionals: true });
  const taken = tokens.flatMap((token) => {
    if (token.kind !== 'option' || !(token.name in OWN_FLAGS)) return [];
    return token.name === 'bundle' && token.inlineValue === false ? [token.index, token.index + 1] : [token.index];
  });
  return { values, rest: argv.filter((_text, index) => !taken.includes(index)) };
}

async function examine(config: Config, { clock, random }: DoctorPorts): Promise<Finding[]> {
  const ports = { clock, random, hasFolder: existsSync(config.dataFolder) && databaseOf(config.dataFolder) !== undefined };
  const checks = [checkDisk, checkPermissions, checkStore, checkCertificate, checkIssuer, checkValkey, checkEngines, checkProxies];
  const found = checks.map((check) =>
    check(config, ports).catch((error: unknown) => [
      fail('doctor', `A check could not be made: ${sentenceOf(error)}`, 'report this, with the bundle'),
    ]),
  );
  return (await Promise.all(found)).flat();
}

const line = ({ check, state, message, remedy }: Finding) =>
  `${state.padEnd(4)}  ${check.padEnd(11)}  ${message.replace(/(?<=[^.?!])$/, '.')}${remedy ? `\n${' '.repeat(19)}→ ${remedy}` : ''}`;

/** Runs `doctor`; resolves with the exit code. `argv` is what follows that word. */
export async function runDoctor(argv: readonly string[], ports: DoctorPorts): Promise<number> {
  const { values, rest } = takeOwnFlags(argv);
  if (values.help) {
    ports.say(DOCTOR_HELP);
    return 0;
  }
  if ('bundle' in values && typeof values.bundle !== 'string') {
    ports.complain('The flag --bundle needs the name of a new folder: --bundle DIR');
    return MISUSE;
  }
  let config: Config | undefined;
  let given = readGiven(rest, ports.env, undefined, []);
  let findings: readonly Finding[];
  try {
    ({ config, given } = await readSettings(rest, ports.env, ports.folder));
    findings = await examine(config, ports);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings = error.problems.map((problem) =>
      fail('settings', problem, 'correct it; `openkupe-server config check` looks at the settings alone'),
    );
  }
  const mask = await createMask(config, given);
  if (values.json) ports.say(mask(JSON.stringify(findings, null, 2)));
  else for (const finding of findings) ports.say(mask(line(finding)));
  if (typeof values.bundle === 'string' && !(await bundle(values.bundle, ports, { findings, given, config, mask }))) return 1;
  return findings.some(({ state }) => state === 'fail') ? 1 : 0;
}

async function bundle(name: string, { folder, complain }: DoctorPorts, parts: Parameters<typeof writeBundle>[1]): Promise<boolean> {
  const path = resolve(folder, name);
  try {
    const files = await writeBundle(path, parts);
    complain(`Wrote ${files.join(', ')} to ${path}; look at them before you pass them on`);
    return true;
  } catch (error) {
    complain(`The bundle ${path} cannot be written (${codeOf(error)}); name a folder that does not exist yet`);
    return false;
  }
}
