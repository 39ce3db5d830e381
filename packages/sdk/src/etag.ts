import type { ResponseHeaders } from './transport/transport.ts';

/**
 * The ETag of an answer. One that came twice is itself; where two differ it is not known which one is right, so there is none
 * (RFC 9110 §8.8.3: a field of one value).
 */
export function readEtag(headers: ResponseHeaders): string | undefined {
  const etag = headers.get('etag') ?? '';
  const [first, ...others] = etag.match(/(W\/)?"[^"]*"/g) ?? [etag];
  return others.every((other) => other === first) ? first || undefined : undefined;
}
