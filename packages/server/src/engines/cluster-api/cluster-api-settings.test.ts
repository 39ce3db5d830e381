import { describe, expect, it } from 'vitest';
import { parseClusterApiSettings } from './cluster-api-settings.ts';
import { IN_MEMORY } from './testing/settings.ts';

const problems = (value: unknown) => {
  const parsed = parseClusterApiSettings(typeof value === 'string' ? value : JSON.stringify(value));
  return 'problems' in parsed ? parsed.problems.join('\n') : '';
};

describe('the settings of Cluster API', () => {
  it('are read from JSON', () => {
    const settings = { ...IN_MEMORY, retiring: ['1.35'], variables: { a: { from: 'tokenWebhook' }, b: { value: [1] } } };
    expect(parseClusterApiSettings(JSON.stringify(settings))).toEqual(settings);
  });
  it.each([
    ['no JSON', '{', 'it is not JSON'],
    ['no object', [], 'the body must be an object, not array'],
    ['an unknown field', { ...IN_MEMORY, nodePools: 1 }, 'unknown field "nodePools"'],
    ['a missing field', { ...IN_MEMORY, versions: undefined }, 'versions is required'],
    ['a version that is a minor', { ...IN_MEMORY, versions: ['1.36'] }, 'versions.0 must match'],
    ['two versions of a minor', { ...IN_MEMORY, versions: ['v1.36.3', 'v1.36.1'] }, 'at most one version of each minor'],
    ['bounds the wrong way round', { ...IN_MEMORY, nodes: { least: 4, most: 3 } }, 'nodes.most must be at least nodes.least'],
    ['a bare number of bytes', { ...IN_MEMORY, node: { cpu: '4', memory: '16' } }, 'node.memory must match'],
    ['an unknown source', { ...IN_MEMORY, variables: { a: { from: 'password' } } }, 'variables.a.from must be one of tokenWebhook'],
    [
      'a value and a source',
      { ...IN_MEMORY, variables: { a: { from: 'uid', value: 1 } } },
      'variables.a must NOT have more than 1 properties',
    ],
  ])('refuse %s', (_, value, problem) => {
    expect(problems(value)).toContain(problem);
  });
});
