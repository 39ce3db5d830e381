/** Of a message, in UTF-16 code units. */
const LONGEST = 400;

/** What messages of a host say about it that is none of its tenants' business, and what stands there instead. */
const PRIVATE: readonly (readonly [RegExp, string])[] = [
  [/https?:\/\/[^\s"']+/g, '[url]'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '[address]'],
  [/\[[0-9a-f]*:[0-9a-f:.]*\](?::\d{1,5})?/gi, '[address]'],
  [/\blookup [^\s:]+/g, 'lookup [name]'],
  [/\bUser "[^"]*"/g, 'openkupe'],
];

/**
 * A message of the host as the users of a tenant may read it, in one line: without the addresses of its machines, its URLs, the names that it looks
 * up, and the account that openkupe has there. The operator finds the whole message on the host.
 */
export function publicText(message: string): string {
  const line = message
    .slice(0, 4 * LONGEST)
    .trim()
    .replace(/\s+/g, ' ');
  return PRIVATE.reduce((text, [found, instead]) => text.replace(found, instead), line).slice(0, LONGEST);
}
