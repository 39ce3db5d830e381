import type { Kind } from '../resource.ts';
import { RESOURCE_SHAPES } from '../shapes.ts';

const SAMPLES: Readonly<Record<string, unknown>> = { text: '', number: 0, boolean: false, object: {}, list: [] };

/** A half of a resource that can be read, with nothing in it but a text. */
export function filled(kind: Kind, half: 'spec' | 'observed', displayName = ''): object {
  const fields = Object.entries(RESOURCE_SHAPES[kind][half]).map(([field, type]) => [field, SAMPLES[type]]);
  return { ...Object.fromEntries(fields), displayName };
}
