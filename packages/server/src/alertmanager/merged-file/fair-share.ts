import { isRecord } from '../sentinels.ts';
import { patternSize } from './pattern-size.ts';
import { templateProblem } from './template-problem.ts';

type Fields = Readonly<Record<string, unknown>>;

/** For the patterns of a tenant: instructions, of which Go needs some 300 bytes each. */
const PATTERN_SIZE = 100_000;
/** Of all integrations of a tenant, with what they inherit and with what Alertmanager shows of each. */
const CHARACTERS = 1024 * 1024;
const SHOWN_CHARACTERS = 1_024;
const INTERVALS = ['group_interval', 'repeat_interval'] as const;
const SHORTEST_MS = 1_000;

/** Every route, at any depth. */
function* routesIn(routes: unknown): Iterable<Fields> {
  if (!Array.isArray(routes)) return;
  for (const route of routes.filter(isRecord)) {
    yield route;
    yield* routesIn(route.routes);
  }
}

/** Every integration, with its kind. */
function* integrationsIn(receivers: readonly Fields[]): Iterable<readonly [kind: string, integration: unknown]> {
  for (const receiver of receivers)
    for (const [kind, list] of Object.entries(receiver)) if (Array.isArray(list)) for (const one of list) yield [kind, one];
}

function patternsOf({ match_re, matchers }: Fields): readonly string[] {
  const texts = [...(isRecord(match_re) ? Object.values(match_re) : []), ...(Array.isArray(matchers) ? matchers : [])];
  return texts.filter((text) => typeof text === 'string');
}

function routeProblem(routes: readonly unknown[]): string | undefined {
  let size = 0;
  for (const route of routesIn(routes)) {
    for (const pattern of patternsOf(route)) size += patternSize(pattern);
    if (size > PATTERN_SIZE)
      return String.raw`The patterns of the routes are too large; use fewer repetitions such as {100}, and fewer classes such as \pL`;
    const short = INTERVALS.find((field) => Number(/^(\d+)ms$/.exec(String(route[field]))?.[1] ?? SHORTEST_MS) < SHORTEST_MS);
    if (short !== undefined) return `A route has a ${short} of less than a second; make it longer`;
  }
  return undefined;
}

/** Without keys of its own, and with a profile or role, an integration of Amazon SNS signs with what the machine of Alertmanager may use. */
function signsAsOperator(integration: unknown): boolean {
  const sigv4 = isRecord(integration) && isRecord(integration.sigv4) ? integration.sigv4 : {};
  return !sigv4.access_key || !sigv4.secret_key || Boolean(sigv4.profile) || Boolean(sigv4.role_arn);
}

function receiverProblem(receivers: readonly Fields[]): string | undefined {
  let characters = 0;
  for (const [kind, integration] of integrationsIn(receivers)) {
    characters += JSON.stringify(integration).length + SHOWN_CHARACTERS;
    if (characters > CHARACTERS) return 'The integrations are too many, or too large with the global settings in each; leave some out';
    if (kind === 'sns_configs' && signsAsOperator(integration))
      return 'An integration in sns_configs needs sigv4.access_key and sigv4.secret_key, and can have no profile or role_arn';
  }
  return undefined;
}

/** What a tenant cannot have of an Alertmanager that all share: more than its part of memory and time, or the credentials of its machine. */
export function beyondShare(routes: readonly unknown[], receivers: readonly Fields[]): string | undefined {
  return routeProblem(routes) ?? receiverProblem(receivers) ?? templateProblem(receivers);
}
