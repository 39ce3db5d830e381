import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { describe, expect, it } from 'vitest';
import { requestFacts } from './request-facts.ts';
import type { RuleInput } from './rule.ts';
import { createRuleList } from './rule-list.ts';

const TENANT = '/api/v1/tenants/demo';
const facts = (line: string, headers: Record<string, string> = {}, body = '') => {
  const [method = '', target = ''] = line.split(' ');
  return requestFacts({ method, target: `${TENANT}${target}`, headers }, Buffer.from(body));
};
const READ = facts('GET /clusters/web-1?x=1');

function listOf(...rules: RuleInput[]) {
  const clock = createManualClock();
  const list = createRuleList({ seed: 7, clock });
  for (const rule of rules) list.add(rule);
  return { clock, list, fires: (one = READ) => list.firing(one).length };
}

describe('what a rule is about', () => {
  it.each<[string, RuleInput['match'], boolean]>([
    ['everything', {}, true],
    ['the id of the route', { route: 'clusters.get' }, true],
    ['several ids', { route: 'clusters.*' }, true],
    ['the template', { route: '/api/v1/tenants/{tenant}/clusters/{name}' }, true],
    ['another route', { route: 'clusters.list' }, false],
    ['the method in small letters', { method: 'get' }, true],
    ['another method', { method: 'PATCH' }, false],
    ['the resource', { resource: 'web-1' }, true],
    ['its beginning', { resource: 'web-*' }, true],
    ['its end', { resource: '*-1' }, true],
    ['beginning and end that overlap', { resource: 'web-1*1' }, false],
    ['another resource', { resource: 'web' }, false],
    ['the tenant, which is no resource', { resource: 'demo' }, false],
    ['a header', { header: 'user-agent' }, true],
    ['a header with a value', { header: 'User-Agent: tool/1' }, true],
    ['a header with another value', { header: 'user-agent: tool/2' }, false],
    ['all of them', { route: 'clusters.get', method: 'GET', resource: 'web-1', header: 'user-agent' }, true],
    ['one of them wrong', { route: 'clusters.get', method: 'GET', resource: 'db', header: 'user-agent' }, false],
  ])('%s', (_what, match, isFiring) => {
    const { fires } = listOf({ ...(match && { match }), fault: '503' });
    expect(fires(facts('GET /clusters/web-1', { 'user-agent': 'tool/1' }))).toBe(isFiring ? 1 : 0);
  });

  it('the name in the body of a create', () => {
    const { fires } = listOf({ match: { resource: 'web' }, fault: '503' });
    expect(fires(facts('POST /clusters', {}, '{"name":"web"}'))).toBe(1);
    expect(fires(facts('POST /clusters', {}, '{"name":'))).toBe(0);
  });
});

describe('when a rule fires', () => {
  const firings = (rule: RuleInput, requests = 8) => {
    const { fires } = listOf(rule);
    return Array.from({ length: requests }, () => fires()).join('');
  };
  it.each<[RuleInput['when'], string]>([
    [{}, '11111111'],
    [{ count: 2 }, '11000000'],
    [{ after: 3 }, '00011111'],
    [{ after: 3, count: 2 }, '00011000'],
    [{ every: 3 }, '00100100'],
    [{ after: 1, every: 2, count: 2 }, '00101000'],
    [{ probability: 0 }, '00000000'],
    [{ probability: 1 }, '11111111'],
  ])('%j: %s', (when, pattern) => {
    expect(firings({ ...(when && { when }), fault: '503' })).toBe(pattern);
  });

  it('with a probability as often as it says, and the same times with the same seed', () => {
    const rule = { when: { probability: 0.3 }, fault: '503' };
    const pattern = firings(rule, 400);
    expect(firings(rule, 400)).toBe(pattern);
    const count = pattern.replaceAll('0', '').length;
    expect(count).toBeGreaterThan(90);
    expect(count).toBeLessThan(150);
  });

  it('within its window, on the clock of the sandbox', async () => {
    const { clock, fires } = listOf({ when: { from: '10s', until: '20s' }, fault: '503' });
    const seen: number[] = [];
    for (let second = 0; second < 30; second += 5) {
      seen.push(fires());
      await clock.advance(5_000);
    }
    expect(seen).toEqual([0, 0, 1, 1, 0, 0]);
  });
});

describe('the list', () => {
  it('replaces a rule of the same name, removes and counts', () => {
    const { list, fires } = listOf({ name: 'a', fault: '503' }, { name: 'a', fault: '500' }, { fault: 'reset' });
    fires();
    expect(list.list().map(({ name, fired }) => `${name} ${fired}`)).toEqual(['a 1', 'rule-3 1']);
    expect([list.remove('a'), list.remove('a')]).toEqual([true, false]);
  });

  it.each<[string, unknown, string]>([
    ['a fault that is none', { fault: 'boom' }, 'There is no fault "boom"; name one of status, latency,'],
    [
      'a parameter that is none',
      { fault: 'latency; minutes=1' },
      'The fault latency cannot be read: minutes: must NOT have additional properties',
    ],
    ['a value out of range', { fault: '200' }, 'The fault status cannot be read: status: must be >= 400'],
    ['a route that is none', { match: { route: 'pods.get' }, fault: '503' }, 'No route is named "pods.get"'],
    ['a field that is none', { fault: '503', times: 3 }, 'A rule has no field "times"; it has name, match, when, fault'],
    ['a field of match that is none', { match: { path: '/' }, fault: '503' }, 'match.path must NOT have additional properties'],
    ['a duration that is none', { when: { from: 'soon' }, fault: '503' }, 'when.from must match pattern'],
  ])('refuses %s', (_what, rule, message) => {
    expect(() => listOf(rule as RuleInput)).toThrow(message);
  });
});
