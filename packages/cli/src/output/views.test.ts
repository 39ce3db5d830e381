import { describe, expect, test } from 'vitest';
import { SESSION_VIEW } from '../commands/auth/session.ts';
import { render } from './render.ts';
import { list, object, type View } from './result.ts';
import { API_KEY_VIEW, CLUSTER_VIEW, DELIVERY_VIEW, PLAN_VIEW, TENANT_VIEW, WEBHOOK_VIEW } from './views.ts';

/** Of every field of every resource: what a server may make of it that does not keep to the contract. */
const ODD: readonly [string, object][] = [
  ['left out', {}],
  [
    'null',
    {
      ...{ id: null, name: null, displayName: null, version: null, type: null, resources: null, status: null, createdAt: null },
      ...{ generation: null, members: null, plan: null, maxClusters: null, resourcePool: null, observabilityPool: null, role: null },
    },
  ],
  ['null inside', { name: 'x', resources: { cpu: null }, status: { phase: null, conditions: [null, { message: null }] }, members: [null] }],
  ['of another type', { name: 7, version: 1.31, resources: { cpu: 1, memory: {} }, status: 'Running', createdAt: 5, resourcePool: 3 }],
];

describe.each([
  ['cluster', CLUSTER_VIEW],
  ['apikey', API_KEY_VIEW],
  ['webhook', WEBHOOK_VIEW],
  ['delivery', DELIVERY_VIEW],
  ['tenant', TENANT_VIEW],
  ['plan', PLAN_VIEW],
  ['session', SESSION_VIEW],
] as [string, View<object>][])('a %s', (_, view) => {
  test.each(ODD)('whose fields are %s is shown all the same', async (_how, item) => {
    for (const format of ['table', 'wide', 'json', 'yaml'] as const)
      for (const result of [list([item], view), object(item, view)]) {
        const text = await render(result, { format: format, hasHeader: true }, 0);
        expect(text).not.toMatch(/undefined|\[object|NaN/);
        if (format === 'wide' || format === 'table') expect(text).not.toContain('null');
      }
  });
});

test('a number is shown as it is', async () => {
  expect(await render(object({ name: 'pro', maxClusters: 0 } as never, PLAN_VIEW), { format: 'table', hasHeader: true }, 0)).toMatch(
    /^CLUSTERS +0$/m,
  );
});
