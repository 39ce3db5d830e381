import { NAME_RULES, parameterNames, ROUTES, type Route } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { type BodyCheck, compileBodyCheck, refuseFindings } from './body-check.ts';

const CHECKS = new Map<string, BodyCheck>(
  ROUTES.flatMap((route) => ('body' in route ? [[route.id, compileBodyCheck(route.body)] as const] : [])),
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
 * Stage 6. Names, size, JSON, unknown fields at every depth, and the schema. The findings are collected and the first few named in one
 * sentence. "400: Invalid request, bad input, unknown fields, or validation failure."
 */
export async function validate(
  route: Route,
  params: Readonly<Record<string, string>>,
  receiveBody: () => Promise<unknown>,
): Promise<unknown> {
  checkParameters(route, params);
  const check = CHECKS.get(route.id);
  if (!check) return undefined;
  const body = await receiveBody();
  refuseFindings(check(body), route.id.split('.')[0]?.replace(/s$/, '') ?? '');
  return body;
}
