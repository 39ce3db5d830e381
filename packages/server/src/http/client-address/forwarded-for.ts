/** The value of a `for=` pair, quoted or not; `undefined` for any other pair and for what cannot be read. */
function forValue(pair: string): string | undefined {
  const equals = pair.indexOf('=');
  if (equals === -1 || pair.slice(0, equals).trim().toLowerCase() !== 'for') return undefined;
  const value = pair.slice(equals + 1).trim();
  if (!value.startsWith('"')) return /[\s"]/.test(value) ? undefined : value;
  return /^"((?:[^"\\]|\\.)*)"$/.exec(value)?.[1]?.replace(/\\(.)/g, '$1');
}

/**
 * The `for` values of a `Forwarded` header (RFC 7239), first proxy's first. An element without a readable `for` is an empty string, so
 * that no other address takes its place. Elements are split at every comma, quoted or not: what the last proxy appended then stays
 * readable whatever a client wrote before it. Linear in the length of the header, which arrives before any limit.
 *
 * @example forwardedFor('for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"') // ['192.0.2.60', '[2001:db8::1]:4711']
 */
export function forwardedFor(header: string): string[] {
  return header.split(',').map((element) => {
    for (const pair of element.split(';')) {
      const value = forValue(pair);
      if (value !== undefined) return value;
    }
    return '';
  });
}
