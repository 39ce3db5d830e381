import { expect, it } from 'vitest';
import type { HostObject } from './host-object.ts';
import { intentOf, namespaceOf } from './intent.ts';
import { REF, SPEC } from './testing/samples.ts';

const written = namespaceOf(REF, { generation: 3, spec: SPEC }, undefined);
const withAnnotation = (text: string): HostObject => ({
  ...written,
  metadata: { ...written.metadata, annotations: { 'kupe.io/desired': text } },
});

it('is on a namespace that takes no pod with which a tenant could take over a node', () => {
  expect(written.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'baseline' });
});

it('is what was written', () => {
  expect(intentOf(written)).toEqual({ generation: 3, spec: { ...SPEC, displayName: '' } });
});

it.each([
  '',
  'null',
  '{}',
  '{"generation":3}',
  '{"generation":"3","version":"1.36","resources":{},"highAvailability":false}',
  '{"generation":3,"version":"1.36","resources":null,"highAvailability":false}',
  '{"generation":3,"version":"1.36","resources":{"cpu":2},"highAvailability":false}',
])('has to be written again where something else has made of it: %s', (text) => {
  expect(intentOf(withAnnotation(text))).toBeUndefined();
});
