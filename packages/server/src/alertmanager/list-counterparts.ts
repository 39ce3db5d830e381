import { findChanged, refuse } from './changed-entries.ts';
import { mask } from './mask.ts';
import { canonicalText, holdsSentinel } from './sentinels.ts';
import type { Shape } from './shapes.ts';

/** For each entry the index of a stored one with the same masked text: the same index if possible, each index once. */
function sameEntries(texts: readonly string[], shownAs: readonly string[]): (number | undefined)[] {
  const others = shownAs.flatMap((text, at) => (texts[at] === text ? [] : [at]));
  const free = Map.groupBy(others.reverse(), (at) => shownAs[at]);
  return texts.map((text, at) => (shownAs[at] === text ? at : free.get(text)?.pop()));
}

/** Masked texts that stand for different stored entries, of which fewer were sent than are stored. */
function missingAlike(texts: readonly string[], shownAs: readonly string[], clear: readonly string[]): ReadonlySet<string> {
  const surplus = new Map<string, number>();
  const first = new Map<string, string>();
  const alike = new Set<string>();
  for (const [at, shown] of shownAs.entries()) {
    const own = clear[at] ?? '';
    if ((first.get(shown) ?? own) !== own) alike.add(shown);
    first.set(shown, own);
    surplus.set(shown, (surplus.get(shown) ?? 0) + 1);
  }
  for (const text of texts) surplus.set(text, (surplus.get(text) ?? 0) - 1);
  return new Set([...alike].filter((text) => (surplus.get(text) ?? 0) > 0));
}

/**
 * The stored entry that belongs to each entry of a list; `undefined` for a new one. An entry that is equal to a masked one is that entry, at
 * any index, so that moving or removing entries gives no credential to another one. Refuses with 400 where different entries have the same
 * masked text and some of them were removed.
 */
export function counterparts(sent: readonly unknown[], stored: readonly unknown[], shape: Shape | undefined, path: string): unknown[] {
  if (stored.length === 0 || !sent.some(holdsSentinel)) return [];
  const shown = stored.map((entry) => mask(entry, shape));
  const [texts, shownAs, clear] = [sent.map(canonicalText), shown.map(canonicalText), stored.map(canonicalText)];
  const places = sameEntries(texts, shownAs);
  const alike = missingAlike(texts, shownAs, clear);
  const taken = new Set(places);
  const free = Map.groupBy(
    [...stored.keys()].filter((at) => !taken.has(at)),
    (at) => clear[at] ?? '',
  );
  const unmatched: number[] = [];
  for (const [at, entry] of sent.entries()) {
    if (places[at] !== undefined) continue;
    // NOTE: an admin reads in clear, and sends back in clear what stays.
    const isInClear = !holdsSentinel(entry) && free.get(texts[at] ?? '')?.pop() !== undefined;
    if (!isInClear) unmatched.push(at);
  }
  const found = findChanged(unmatched, [...free.values()].flat(), { sent, stored, shown, path });
  return sent.map((_entry, at) => {
    const place = places[at] ?? found.get(at);
    const isUnclear = places[at] !== undefined && alike.has(texts[at] ?? '') && (sent.length < stored.length || place !== at);
    if (isUnclear) return refuse(`${path}.${at}`);
    return place === undefined ? undefined : stored[place];
  });
}
