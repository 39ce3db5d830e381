import { LIMITS, NAME_RULES, type ParameterName, parameterNames, ROUTES, type Route } from '@openkupe/contract';
import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { describeFinding, pointerTo } from '../errors/describe-finding.ts';
import { invalidField, invalidRequest, Refusal } from '../errors/refusal.ts';
import type { FoundRoute } from './find-route.ts';

const OPTIONS: Options = { removeAdditional: false, coerceTypes: false, strict: true, strictTypes: false, verbose: true };
const untilFirst = new Ajv2020(OPTIONS);
const untilEnd = new Ajv2020({ ...OPTIONS, allErrors: true });
for (const ajv of [untilFirst, untilEnd]) addFormats.default(ajv, { formats: ['date-time'] });

/** Whether a value of JSON has more than `most` values, arrays and objects included. Visits few more of them than that. */
export function hasMoreValues(root: unknown, most: number): boolean {
  const unseen: unknown[] = [root];
  let count = 1;
  while (unseen.length > 0) {
    const value = unseen.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inner = Object.values(value);
    count += inner.length;
    if (count > most) return true;
    unseen.push(...inner);
  }
  return false;
}

/** The findings in a body; of a large body the first alone, so that the work does not grow with how much is wrong with it. */
export type BodyCheck = (body: unknown) => ErrorObject[];

/** The check of a schema, compiled at the first body that it is asked about: compiling all of them would be a third of a start. */
export function compileBodyCheck(schema: TSchema): BodyCheck {
  // NOTE: what is compiled is kept by Ajv, under the schema.
  return (body) => {
    const check = (hasMoreValues(body, LIMITS.searchedValues) ? untilFirst : untilEnd).compile(schema);
    return check(body) ? [] : (check.errors ?? []);
  };
}

/** Refuses with 400 and the first few findings in one sentence. `resource` is what the body describes. */
export function refuseFindings(errors: readonly ErrorObject[], resource: string): void {
  if (errors.length === 0) return;
  const findings = new Map(errors.map((finding) => [describeFinding(finding, resource), pointerTo(finding)]));
  const shown = [...findings.keys()].slice(0, LIMITS.findingsShown).join('; ');
  const rest = findings.size - LIMITS.findingsShown;
  const message = `The request is not valid: ${shown}${rest > 0 ? `; and ${rest} more` : ''}`;
  const all = [...findings].map(([detail, pointer]) => ({ detail, pointer }));
  throw new Refusal(400, message, { errors: all.slice(0, LIMITS.findingsCarried) });
}

const PATTERNS = new Map(Object.entries(NAME_RULES).map(([rule, { pattern }]) => [rule, new RegExp(pattern)]));

/**
 * Refuses with 400 a value that does not follow this rule of the contract. `noun` is what the value is, as in `secret name`, and `field` where
 * it is in the body.
 */
export function checkName(noun: string, rule: ParameterName, value: string, field?: string): void {
  if (PATTERNS.get(rule)?.test(value)) return;
  const message = `${noun} must ${NAME_RULES[rule].rule}, not ${JSON.stringify(value.slice(0, 80))}`;
  throw field === undefined ? invalidRequest(message) : invalidField(field, message);
}

/** A parameter of a path, and the noun of what it names. */
export type NamedParameter = readonly [parameter: ParameterName, noun: string];

/** The noun of the resource that `parameter` names on a route: the singular of the path segment before it. */
function nounOf(path: string, parameter: string): string {
  if (parameter === 'id') return 'API key id';
  if (parameter === 'delivery') return 'delivery id';
  const segment = path.split(`/{${parameter}}`, 1)[0]?.split('/').pop() ?? parameter;
  return `${segment.replace(/s$/, '')} ${parameter === 'email' ? 'email' : 'name'}`;
}

/** These parameters of a path with their nouns, made once for its route. */
export function namedParameters(path: string, parameters: readonly ParameterName[]): NamedParameter[] {
  return parameters.map((parameter) => [parameter, nounOf(path, parameter)]);
}

/** Refuses with 400 the first parameter that is not what it has to be. */
export function checkParameters(named: readonly NamedParameter[], params: Readonly<Record<string, string>>): void {
  for (const [parameter, noun] of named) checkName(noun, parameter, params[parameter] ?? '');
}

interface RouteChecks {
  readonly parameters: readonly NamedParameter[];
  /** Absent on a route that takes no body. */
  readonly body: BodyCheck | undefined;
}

function checksOf(route: Route): RouteChecks {
  // NOTE: the name of the tenant is checked before it is looked up, by `authorise`.
  const others = parameterNames(route.path).filter((parameter) => parameter !== 'tenant');
  return { parameters: namedParameters(route.path, others), body: route.body && compileBodyCheck(route.body) };
}

const CHECKS: ReadonlyMap<string, RouteChecks> = new Map((ROUTES as readonly Route[]).map((route) => [route.id, checksOf(route)]));

const checksFor = (route: Route) => CHECKS.get(route.id) ?? checksOf(route);

/** Stage 6. The names in the path: 400 for one that no resource can have. */
export function validateParameters({ route, params }: FoundRoute): void {
  checkParameters(checksFor(route).parameters, params);
}

/**
 * Stage 6. Unknown fields at every depth, and the schema. Returns the body. "400: Invalid request, bad input, unknown fields, or validation
 * failure."
 */
export function validateBody(route: Route, body: unknown): unknown {
  refuseFindings(checksFor(route).body?.(body) ?? [], route.id.split('.')[0]?.replace(/s$/, '') ?? '');
  return body;
}
