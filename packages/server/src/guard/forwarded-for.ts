const PAIR = /^\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))\s*$/i;

/**
 * The `for` values of a `Forwarded` header (RFC 7239), first proxy's first. An element without a readable `for` is an empty string, so
 * that nobody's address takes its place. Elements are split at every comma, quoted or not: what the last proxy appended then stays
 * readable whatever a client wrote before it.
 *
 * @example forwardedFor('for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"') // ['192.0.2.60', '[2001:db8::1]:4711']
 */
export function forwardedFor(header: string): string[] {
  return header.split(',').map((element) => {
    for (const pair of element.split(';')) {
      const match = PAIR.exec(pair);
      if (match) return match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? '';
    }
    return '';
  });
}
