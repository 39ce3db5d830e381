const PROBLEM = 'application/problem+json';
/** The ranges that match the one-field body, the most specific first. */
const PLAIN = ['application/json', 'application/*', '*/*'];

/** The weight of a range (RFC 9110 §12.4.2); 0 for a malformed one. */
function readWeight(parameters: readonly string[]): number {
  const pairs = parameters.map((parameter) => parameter.split('=', 2).map((part) => part.trim()));
  const weight = pairs.find(([name]) => name?.toLowerCase() === 'q');
  if (!weight) return 1;
  const [, value = ''] = weight;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 0;
}

/**
 * Whether an `Accept` header prefers `application/problem+json` (RFC 9457): it lists it with q > 0 and no matching JSON range has a higher
 * q; ties select problem+json. A wildcard alone does not select it. Source: RFC 9110 §12.5.1.
 */
export function prefersProblem(accept: string | undefined): boolean {
  if (!accept?.toLowerCase().includes(PROBLEM)) return false;
  const weights = new Map<string, number>();
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';');
    weights.set(type.trim().toLowerCase(), readWeight(parameters));
  }
  const wanted = weights.get(PROBLEM) ?? 0;
  const plain = PLAIN.map((type) => weights.get(type)).find((weight) => weight !== undefined) ?? 0;
  return wanted > 0 && wanted >= plain;
}
