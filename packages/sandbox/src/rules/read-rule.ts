import { ROUTES } from '@openkupe/contract';
import { Ajv } from 'ajv';
import type { FaultInput } from '../faults/fault-table.ts';
import { parseFaults, readFault } from '../faults/read-fault.ts';
import { Match, type Rule, type RuleMatch, type RuleWhen, When } from './rule.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
const PARTS = { match: ajv.compile(Match), when: ajv.compile(When) };
const FIELDS = ['name', 'match', 'when', 'fault'];

function readPart(part: keyof typeof PARTS, value: unknown): object {
  const validate = PARTS[part];
  if (validate(value)) return value as object;
  const problems = (validate.errors ?? []).map(({ instancePath, message, params }) => {
    const { additionalProperty } = params as { additionalProperty?: string };
    return `${part}${instancePath.replaceAll('/', '.')}${additionalProperty ? `.${additionalProperty}` : ''} ${message}`;
  });
  throw new Error(problems.join('; '));
}

/** Whether a route is what a rule names: its id, its template, or ids that begin alike. */
export function isRouteNamed(wanted: string, { id, path }: { readonly id: string; readonly path: string }): boolean {
  return wanted === path || wanted === id || (wanted.endsWith('*') && id.startsWith(wanted.slice(0, -1)));
}

/** A rule with its defaults. `name` is for one that has none. @throws with a sentence that says what is wrong with it. */
export function readRule(input: unknown, name: string): Rule {
  const given = Object(input) as { name?: unknown; match?: unknown; when?: unknown; fault?: unknown };
  const unknown = Object.keys(given).find((field) => !FIELDS.includes(field));
  if (unknown) throw new Error(`A rule has no field "${unknown}"; it has ${FIELDS.join(', ')}`);
  const match = readPart('match', given.match ?? {}) as RuleMatch;
  const when = readPart('when', given.when ?? {}) as RuleWhen;
  const { route } = match;
  if (route !== undefined && !ROUTES.some((one) => isRouteNamed(route, one)))
    throw new Error(`No route is named "${route}"; name an id such as clusters.get, clusters.*, or the template of its path`);
  const faults = typeof given.fault === 'string' ? parseFaults(given.fault) : [readFault(given.fault as FaultInput)];
  return { name: typeof given.name === 'string' && given.name !== '' ? given.name.slice(0, 100) : name, match, when, faults };
}
