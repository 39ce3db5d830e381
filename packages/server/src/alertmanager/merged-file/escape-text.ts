/** JSON with escapes for all that is not ASCII, so that it is YAML: there surrogate pairs are no escape, and some characters are refused as they are. */
export function escapeText(json: string): string {
  return json.replace(/[^\n\x20-\x7e]/gu, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return point > 0xffff ? `\\U${point.toString(16).padStart(8, '0')}` : `\\u${point.toString(16).padStart(4, '0')}`;
  });
}
