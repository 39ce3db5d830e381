import type { Clock, Random } from '@openkupe/contract';
import { createSeededRandom } from '@openkupe/contract/seeded-random';
import { parseDuration } from '../clock/duration.ts';
import { isRouteNamed, readRule } from './read-rule.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Rule, RuleInput, RuleMatch } from './rule.ts';

/** Rules that can be in force at the same time. */
const MOST_RULES = 1_000;

interface Counted {
  readonly rule: Rule;
  readonly random: Random;
  matched: number;
  fired: number;
}

/** A rule with how often it matched and fired. */
export interface RuleStatus extends Rule {
  readonly matched: number;
  readonly fired: number;
}

/** The rules in force, in the order in which they were added. */
export interface RuleList {
  /** Adds a rule, or replaces that of the same name; returns its name. @throws with a sentence that says what is wrong with it. */
  add(input: RuleInput): string;
  /** Whether there was one of this name. */
  remove(name: string): boolean;
  clear(): void;
  list(): RuleStatus[];
  /** The rules that fire for a request, which counts it. */
  firing(facts: RequestFacts): Rule[];
}

function isHeaderThere(wanted: string, { headers }: RequestFacts): boolean {
  const [name = '', ...value] = wanted.split(':');
  const sent = headers[name.trim().toLowerCase()];
  return sent !== undefined && (value.length === 0 || String(sent) === value.join(':').trim());
}

function isMatching({ route, method, resource, header }: RuleMatch, facts: RequestFacts): boolean {
  if (method !== undefined && method.toUpperCase() !== facts.method) return false;
  if (route !== undefined && !(facts.route && isRouteNamed(route, facts.route))) return false;
  if (header !== undefined && !isHeaderThere(header, facts)) return false;
  if (resource === undefined) return true;
  const [start = '', end] = resource.split('*');
  return facts.names.some((name) =>
    end === undefined ? name === start : name.length >= resource.length - 1 && name.startsWith(start) && name.endsWith(end),
  );
}

/** Makes an empty list. `clock` is that of the sandbox; windows are counted from `startedMs` on it. */
export function createRuleList({ seed, clock }: { readonly seed: number; readonly clock: Pick<Clock, 'monotonic'> }): RuleList {
  const rules = new Map<string, Counted>();
  const startedMs = clock.monotonic();
  let added = 0;

  function isDue(counted: Counted): boolean {
    const { after = 0, count, every = 1, probability, from, until } = counted.rule.when;
    const sinceMs = clock.monotonic() - startedMs;
    if (from !== undefined && sinceMs < parseDuration(from)) return false;
    if (until !== undefined && sinceMs >= parseDuration(until)) return false;
    counted.matched += 1;
    if (counted.matched <= after || (counted.matched - after) % every !== 0) return false;
    // NOTE: drawn for each request that matches, so that what one rule does moves no draw of another.
    if (probability !== undefined && counted.random.unit() >= probability) return false;
    return count === undefined || counted.fired < count;
  }
  return {
    add(input) {
      const rule = readRule(input, `rule-${added + 1}`);
      if (rules.size >= MOST_RULES && !rules.has(rule.name)) throw new Error(`There are ${MOST_RULES} rules already; remove some`);
      added += 1;
      rules.set(rule.name, { rule, random: createSeededRandom(seed + added), matched: 0, fired: 0 });
      return rule.name;
    },
    remove: (name) => rules.delete(name),
    clear: () => rules.clear(),
    list: () => [...rules.values()].map(({ rule, matched, fired }) => ({ ...rule, matched, fired })),
    firing: (facts) =>
      [...rules.values()].flatMap((counted) => {
        if (!isMatching(counted.rule.match, facts) || !isDue(counted)) return [];
        counted.fired += 1;
        return [counted.rule];
      }),
  };
}
