import { misuse } from '../failure/failure.ts';

/**
 * A query as the library takes it (RFC 9535). `{.items[*].name}`, as kubectl writes it, is `$.items[*].name`.
 */
function standardQuery(given: string): string {
  const inner = /^\{(.*)\}$/s.exec(given.trim())?.[1] ?? given.trim();
  if (inner.startsWith('$')) return inner;
  return inner.startsWith('.') || inner.startsWith('[') ? `$${inner}` : `$.${inner}`;
}

/** The nodes that a JSONPath query finds, in order. Fails with exit code 2 for what is no query. */
export async function queryJson(value: unknown, given: string): Promise<unknown[]> {
  const { query } = await import('jsonpath-rfc9535');
  try {
    return query(value as never, standardQuery(given));
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0];
    throw misuse(`${JSON.stringify(given)} is no JSONPath query (RFC 9535), such as $.items[*].name: ${reason}.`);
  }
}

/** A node in one line: text as it is, everything else as JSON. */
export function nodeText(node: unknown): string {
  return typeof node === 'string' ? node : JSON.stringify(node);
}
