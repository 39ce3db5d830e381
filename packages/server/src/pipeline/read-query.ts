import { type QueryParameter, queryParametersOf, ROUTES, type Route } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { checkQuery } from './find-route.ts';

type Rule = QueryParameter & { readonly expression: RegExp };

function rulesOf(route: Route): ReadonlyMap<string, Rule> {
  return new Map(Object.entries(queryParametersOf(route)).map(([name, rule]) => [name, { ...rule, expression: new RegExp(rule.pattern) }]));
}

const RULES: ReadonlyMap<string, ReadonlyMap<string, Rule>> = new Map(
  (ROUTES as readonly Route[]).map((route) => [route.id, rulesOf(route)]),
);
const NOTHING: Readonly<Record<string, string>> = {};

/**
 * Stage 6. The query parameters of a request, each as its route says. 400 for one that the route does not take, that is there twice, or that
 * is not what it has to be.
 */
export function readQuery(target: string, route: Route): Readonly<Record<string, string>> {
  if (!/[?#]/.test(target)) return NOTHING;
  const rules = RULES.get(route.id) ?? rulesOf(route);
  const query: Record<string, string> = {};
  for (const [name, value] of checkQuery(target, [...rules.keys()])) {
    const { expression, rule } = rules.get(name) as Rule;
    if (!expression.test(value)) {
      throw invalidRequest(`The request is not valid: query parameter "${name}" must ${rule}, not ${JSON.stringify(value.slice(0, 60))}`);
    }
    query[name] = value;
  }
  return query;
}
