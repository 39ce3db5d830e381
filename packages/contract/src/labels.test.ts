import { describe, expect, it } from 'vitest';
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN, matchesLabels, parseLabelSelector } from './labels.ts';
import { LIMITS } from './limits.ts';
import { DEFAULT_PLANS } from './resources/plan-catalogue.ts';

const LABELS = { env: 'prod', tier: 'web', 'example.com/team': 'a', empty: '' };
const matches = (selector: string, labels?: Record<string, string>) => {
  const requirements = parseLabelSelector(selector);
  return requirements && matchesLabels(requirements, labels ?? LABELS);
};

describe('a selector', () => {
  it.each([
    ['env=prod', true],
    ['env==prod', true],
    [' env = prod , tier=web ', true],
    ['env=prod,tier=api', false],
    ['env!=dev', true],
    ['env!=prod', false],
    ['absent!=prod', true],
    ['env in (dev, prod)', true],
    ['env in (dev),tier=web', false],
    ['env notin (dev,test)', true],
    ['absent notin (dev)', true],
    ['env', true],
    ['absent', false],
    ['!absent', true],
    ['! env', false],
    ['example.com/team=a,!absent', true],
    ['empty=', true],
    ['empty in ()', true],
    ['in=prod', false],
    ['constructor', false],
  ])('%s', (selector, expected) => {
    expect(matches(selector)).toBe(expected);
  });

  it.each([
    '',
    ',',
    'env=prod,',
    ',env=prod',
    'env=a=b',
    'env in prod',
    'env in (a',
    'env (a)',
    '!env=prod',
    '-env',
    'env=-a',
    'a/b/c',
    'Upper.example/x',
    'env>1',
  ])('is not "%s"', (text) => {
    expect(parseLabelSelector(text)).toBeUndefined();
  });

  it('holds for what has no labels only where it asks for absence', () => {
    expect([matches('env=prod', {}), matches('env!=prod', {}), matches('!env', {})]).toEqual([false, true, true]);
  });
});

it.each([
  ['env', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['example.com/a_b.c-d', true],
  [`${'a'.repeat(253)}/a`, true],
  [`${'a'.repeat(254)}/a`, false],
  ['/a', false],
  ['a/', false],
  ['_a', false],
  ['a-', false],
  ['', false],
])('the key %s is one: %s', (key, isKey) => {
  expect(new RegExp(LABEL_KEY_PATTERN).test(key)).toBe(isKey);
});

it.each([
  ['', true],
  ['v1.2_a-B', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  ['a b', false],
  ['.a', false],
])('the value "%s" is one: %s', (value, isValue) => {
  expect(new RegExp(LABEL_VALUE_PATTERN).test(value)).toBe(isValue);
});

it('are so few that the whole list of the clusters of a default plan can be answered', () => {
  const clusters = Math.max(...DEFAULT_PLANS.map(({ maxClusters }) => maxClusters));
  const withoutLabelsAndAlerts = 16 * 1024;
  expect(clusters * (LIMITS.labelsBytes + withoutLabelsAndAlerts) + LIMITS.alertsBytesPerTenant).toBeLessThan(LIMITS.listBytes);
});
