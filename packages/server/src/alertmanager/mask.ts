import { MASKED } from '@openkupe/contract';
import { type Shape, shapeBelow } from './shapes.ts';

/** An address with a user name, or with parameters, in which credentials travel. Also inside a longer text. */
const ADDRESS_WITH_CREDENTIAL = /:\/\/[^\s/?#]*@|:\/\/[^\s]*[?&#;][^\s=&]*=/;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function isHarmless(value: unknown, shape: Shape | undefined): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return true;
  if (shape === 'open') return true;
  return shape === 'shown' && !(typeof value === 'string' && ADDRESS_WITH_CREDENTIAL.test(value));
}

/**
 * The value with every text and number that is not known to be harmless replaced by `<secret>`: what is shown is listed in `shapes.ts`, and
 * a field that is not known may hold a credential whatever it is called. Names of fields, true, false and null are shown.
 */
export function mask(value: unknown, shape: Shape | undefined): unknown {
  if (Array.isArray(value)) return value.map((inner) => mask(inner, shape));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mask(inner, shapeBelow(shape, key))]));
  return isHarmless(value, shape) ? value : MASKED;
}
