import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { readRule } from '../rules/read-rule.ts';
import type { RuleInput } from '../rules/rule.ts';
import { SCENARIO_SCHEMA } from './scenario-schema.ts';

/** What a sandbox starts with, and what goes wrong in it. */
export interface Scenario {
  readonly title: string;
  readonly description?: string;
  readonly seed?: number;
  readonly clock?: { readonly start?: string; readonly frozen?: boolean };
  /** Settings of the server by their OPENKUPE_ names: durations of clusters, and limits. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Clusters that run when the sandbox has started. */
  readonly clusters?: readonly Readonly<Record<string, unknown>>[];
  readonly rules?: readonly RuleInput[];
}

const SHIPPED = fileURLToPath(new URL('shipped/', import.meta.url));
const ENDING = '.yaml';
/** The longest scenario file, in bytes. */
const MOST_BYTES = 2 ** 20;
const FINDINGS_SHOWN = 3;

const validate = new Ajv({ strict: false, allErrors: true, coerceTypes: true, validateSchema: false }).compile(SCENARIO_SCHEMA);

/** Checks what a file or a program gave. `from` names it in errors. @throws with a sentence that says what is wrong with it. */
export function readScenario(input: unknown, from: string): Scenario {
  const rules: unknown = Object(input).rules;
  try {
    // NOTE: a rule explains what is wrong with it better than the schema, which lists every kind of fault.
    if (Array.isArray(rules)) for (const [index, rule] of rules.entries()) readRule(rule, `rule-${index + 1}`);
  } catch (error) {
    throw new Error(`The scenario ${from} cannot be used: ${(error as Error).message}`);
  }
  if (validate(input)) return input as Scenario;
  const findings = (validate.errors ?? []).slice(0, FINDINGS_SHOWN).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
  throw new Error(`The scenario ${from} cannot be used: ${findings.join('; ')}`);
}

/** Reads YAML, of which JSON is a part. */
async function readFileAt(path: string, from: string): Promise<Scenario> {
  const bytes = await readFile(path);
  if (bytes.length > MOST_BYTES) throw new Error(`The scenario ${from} has ${bytes.length} bytes; at most ${MOST_BYTES} are read`);
  const { parse } = await import('yaml');
  let parsed: unknown;
  try {
    parsed = parse(bytes.toString('utf8'), { maxAliasCount: 0 });
  } catch (error) {
    throw new Error(`The scenario ${from} is no YAML: ${(error as Error).message}`);
  }
  return readScenario(parsed, from);
}

/** The names of the scenarios that come with the sandbox. */
export async function shippedScenarios(): Promise<string[]> {
  const files = await readdir(SHIPPED);
  return files
    .filter((file) => file.endsWith(ENDING))
    .map((file) => file.slice(0, -ENDING.length))
    .sort();
}

/** A scenario that comes with the sandbox, by its name, or one in a file. @throws with a sentence where there is none. */
export async function loadScenario(nameOrFile: string): Promise<Scenario> {
  const names = await shippedScenarios();
  if (names.includes(nameOrFile)) return readFileAt(`${SHIPPED}${nameOrFile}${ENDING}`, nameOrFile);
  try {
    return await readFileAt(nameOrFile, nameOrFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Error(`There is no scenario and no file "${nameOrFile}"; the scenarios are ${names.join(', ')}`);
  }
}
