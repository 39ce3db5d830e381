const PROBLEM = 'application/problem+json';
/** What matches the one-field body, the most specific first. */
const PLAIN = ['application/json', 'application/*', '*/*'];

/** A weight as RFC 9110 §12.4.2 writes it; one that cannot be read asks for nothing. */
function readWeight(parameters: readonly string[]): number {
  const pairs = parameters.map((parameter) => parameter.split('=', 2).map((part) => part.trim()));
  const weight = pairs.find(([name]) => name?.toLowerCase() === 'q');
  if (!weight) return 1;
  const [, value = ''] = weight;
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 0;
}

/**
 * Whether an `Accept` header asks for the fuller error body: it names `application/problem+json`, refuses it not, and weighs nothing
 * that the one-field body matches more. Whoever lists both alike knows both, and gets more; a wildcard alone asks for nothing.
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
