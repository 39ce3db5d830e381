/** What an `If-Match` or `If-None-Match` header asks for: anything that exists, or one of these tags (inner text, unquoted). */
export type EntityTagCondition = { readonly kind: 'any' } | { readonly kind: 'one-of'; readonly tags: readonly string[] };

/**
 * Reads the header leniently: `*`, one tag or a comma list; each tag quoted, bare, or with a `W/` prefix.
 *
 * A bare value is what a person types (`--if-match 42`), a `W/` prefix is what a compressing proxy adds. Text that is none of these
 * becomes a tag that matches nothing, so that a malformed header is a mismatch and never an unconditional write.
 */
export function parseEntityTagList(header: string): EntityTagCondition {
  const text = header.trim();
  if (text === '*') return { kind: 'any' };
  const tags: string[] = [];
  const pattern = /\s*(?:W\/)?(?:"([^"]*)"|([^\s,"]+))\s*(?:,|$)|([^,]*)(?:,|$)/gy;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (!found) break;
    const tag = found[1] ?? found[2];
    if (tag !== undefined && tag !== '') tags.push(tag);
  }
  return { kind: 'one-of', tags };
}
