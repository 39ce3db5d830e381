import { MASKED } from '@openkupe/contract';
import { isRecord } from './sentinels.ts';
import { type Shape, shapeBelow } from './shapes.ts';

/** Whether what follows `://` has a parameter: a name and `=` after one of `?`, `&`, `#` and `;`. */
function hasParameter(rest: string): boolean {
  const [first = '', ...others] = rest.split('&');
  const at = first.search(/[?#;]/);
  return (at !== -1 && first.includes('=', at)) || others.some((other) => other.includes('='));
}

/** Whether a text holds an address with a user name, or with parameters, in which credentials travel. Linear in its length. */
function hasAddressWithCredential(text: string): boolean {
  return text.split(/\s/).some((word) => {
    const start = word.indexOf('://');
    if (start === -1) return false;
    const authorities = word.split('://').slice(1);
    return authorities.some((rest) => (rest.split(/[/?#]/, 1)[0] ?? '').includes('@')) || hasParameter(word.slice(start + 3));
  });
}

/** Patterns of credentials in a text: in a header, after their name, in the form of known issuers, and in addresses of hooks. */
const CREDENTIALS = [
  /\b(?:[Bb]earer|[Bb]asic|BEARER|BASIC)\s+(?=[\w.~+/=-]{0,200}(?:[0-9=]|[a-z][A-Z]))[\w.~+/=-]{8}/,
  /(password|passwd|secret|token|api[-_ ]?key|access[-_ ]?key)["']?\s{0,20}[=:]\s{0,20}[^\s{]/i,
  /\bkupe_[0-9a-f]{8}_|\beyJ[\w-]{8,}\.eyJ|\bxox[a-z]-|\bAKIA[0-9A-Z]{16}|\bgh[a-z]_\w{20}|-----BEGIN /,
  /:\/\/hooks\.|\/webhooks?\/|\/bot\d{1,20}:/i,
];
const hasCredential = (text: string) => hasAddressWithCredential(text) || CREDENTIALS.some((pattern) => pattern.test(text));

function isHarmless(value: unknown, shape: Shape | undefined): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return true;
  if (shape === 'open') return true;
  return shape === 'shown' && !(typeof value === 'string' && hasCredential(value));
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
