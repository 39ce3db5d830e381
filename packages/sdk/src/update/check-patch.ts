/** A path to the first number in `value` that is not the one that was written: `alerts.n`. Integers from 2^53 on are rounded when read. */
function roundedNumber(value: unknown, path: string): string | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) || (Math.abs(value) < 2 ** 53 && !Number.isNaN(value)) ? undefined : path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const found = roundedNumber(part, path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * What the function given to `update` returned, if it can be written: an object of the fields to change, or undefined for no change.
 * Throws a TypeError for anything else, and for a number that is not the one that the server has: writing it back would change it.
 */
export function checkPatch<P extends object>(patch: P | undefined): P | undefined {
  if (patch === undefined) return undefined;
  if (patch instanceof Promise) {
    patch.catch(() => {});
    throw new TypeError(
      'The function given to update returned a promise; it is applied anew after a conflict, so await what it needs before',
    );
  }
  if (!isPlainObject(patch))
    throw new TypeError(`The function given to update returned ${String(patch)}; return an object with the fields to change, or undefined`);
  const field = roundedNumber(patch, '');
  if (field === undefined) return patch;
  throw new TypeError(
    `The number in ${field} is beyond what JavaScript holds exactly, so update would change it; leave ${field} out of the patch`,
  );
}
