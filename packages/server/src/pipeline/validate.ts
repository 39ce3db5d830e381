import { LIMITS, NAME_RULES, parameterNames, ROUTES, type Route } from '@openkupe/contract';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { invalidRequest } from '../refusal.ts';
import { describeFinding } from './describe-finding.ts';

const ajv = new Ajv2020({ allErrors: true, removeAdditional: false, coerceTypes: false, strict: true, strictTypes: false, verbose: true });
addFormats.default(ajv, { formats: ['date-time'] });

const bodyValidators = new Map<string, ValidateFunction>(
  ROUTES.flatMap((route) => ('body' in route ? [[route.id, ajv.compile(route.body)] as const] : [])),
);

/** The noun of the resource that `name` names on a route: the singular of the path segment before it. */
function noun(route: Route, parameter: string): string {
  const segment = route.path.split(`/{${parameter}}`, 1)[0]?.split('/').pop() ?? parameter;
  if (parameter === 'id') return 'API key id';
  return `${segment.replace(/s$/, '')} ${parameter === 'email' ? 'email' : 'name'}`;
}

function checkParameters(route: Route, params: Readonly<Record<string, string>>): void {
  for (const parameter of parameterNames(route.path)) {
    const { pattern, rule } = NAME_RULES[parameter];
    const value = params[parameter] ?? '';
    if (!new RegExp(pattern).test(value))
      throw invalidRequest(`${noun(route, parameter)} must ${rule}, not ${JSON.stringify(value.slice(0, 80))}`);
  }
}

/**
 * Stage 6. Names, size, JSON, unknown fields at every depth, and the schema. All findings are collected and the first few named in one
 * sentence. "400: Invalid request, bad input, unknown fields, or validation failure."
 */
export async function validate(
  route: Route,
  params: Readonly<Record<string, string>>,
  receiveBody: () => Promise<unknown>,
): Promise<unknown> {
  checkParameters(route, params);
  const check = bodyValidators.get(route.id);
  if (!check) return undefined;
  const body = await receiveBody();
  if (check(body)) return body;
  const resource = route.id.split('.')[0]?.replace(/s$/, '') ?? '';
  const findings = [...new Set((check.errors ?? []).map((finding) => describeFinding(finding, resource)))];
  const shown = findings.slice(0, LIMITS.findingsShown).join('; ');
  const rest = findings.length - LIMITS.findingsShown;
  throw invalidRequest(`The request is not valid: ${shown}${rest > 0 ? `; and ${rest} more` : ''}`);
}
