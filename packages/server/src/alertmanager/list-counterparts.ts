import { MASKED } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { mask } from './mask.ts';
import type { Shape } from './shapes.ts';

/** Whether a value is a JSON object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function holdsSentinel(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsSentinel);
  return isRecord(value) ? Object.values(value).some(holdsSentinel) : value === MASKED;
}

/** The same text for equal JSON, whatever the order of its fields. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${textOf(inner)}`).join(',')}}`;
}

function refuse(path: string): never {
  throw invalidRequest(`${path} holds "${MASKED}", and it is not clear which stored entry of the list it is; send the value itself`);
}

/** Whether a stored value is one that is shown as the sentinel. */
export const isStored = (value: unknown) => (typeof value === 'string' || typeof value === 'number') && value !== MASKED;

type Path = readonly (string | number)[];

/** Where the sentinels are in what was sent. */
function sentinelPaths(sent: unknown, path: Path = [], found: Path[] = []): readonly Path[] {
  if (sent === MASKED) found.push(path);
  else if (Array.isArray(sent)) for (const [at, inner] of sent.entries()) sentinelPaths(inner, [...path, at], found);
  else if (isRecord(sent)) for (const [key, inner] of Object.entries(sent)) sentinelPaths(inner, [...path, key], found);
  return found;
}

/** Whether a value is stored at a path. */
function isStoredAt(stored: unknown, path: Path): boolean {
  let value = stored;
  for (const key of path) {
    const isThere = typeof key === 'number' ? Array.isArray(value) : isRecord(value);
    if (!isThere || !Object.hasOwn(value as object, key)) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return isStored(value);
}

/** For each entry the place of the stored one that was shown just so: the same place if it can be, each place once. */
function sameEntries(texts: readonly string[], shownAs: readonly string[]): (number | undefined)[] {
  const others = shownAs.flatMap((text, at) => (texts[at] === text ? [] : [at]));
  const free = Map.groupBy(others.reverse(), (at) => shownAs[at]);
  return texts.map((text, at) => (shownAs[at] === text ? at : free.get(text)?.pop()));
}

/** What is shown of entries that are shown alike and differ, where fewer of them were sent than are stored. */
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

type Fields = ReadonlyMap<string, string>;
/** The fields by which an entry is recognised, as texts: those without a sentinel, and not true or false, which most entries share. */
const fieldsOf = (entry: unknown): Fields => {
  const fields = isRecord(entry) ? Object.entries(entry) : [];
  return new Map(fields.flatMap(([key, inner]) => (typeof inner === 'boolean' || holdsSentinel(inner) ? [] : [[key, textOf(inner)]])));
};
const inCommon = (some: Fields, others: Fields = new Map()) => [...some].filter(([key, text]) => others.get(key) === text).length;

/** Entries that were changed, and stored ones among which they are looked for, so that the time is bounded. */
const MOST_CHANGED = 50;

/**
 * The places of the stored entries to which changed entries belong: the same place, unless what is shown says that entries changed places.
 * Where the one at that place is elsewhere now, or the list became shorter, it is the only one that is left and has a value where the
 * sentinel was sent, if they have something in common and no other changed entry could be it. `undefined` where nothing is stored for the sentinel; 400 where it is not clear.
 */
function findChanged(unmatched: readonly number[], left: readonly number[], lists: Lists): Map<number, number | undefined> {
  const { sent, stored, shown, path } = lists;
  const changed = unmatched.filter((at) => holdsSentinel(sent[at]));
  const isShorter = sent.length < stored.length;
  const isMany = left.length > MOST_CHANGED || unmatched.length > MOST_CHANGED;
  const theirs = new Map(isMany ? [] : left.map((place) => [place, fieldsOf(shown[place])]));
  const common = new Map(
    isMany
      ? []
      : unmatched.map((at) => {
          const own = fieldsOf(sent[at]);
          return [at, new Map(left.map((place) => [place, inCommon(own, theirs.get(place))]))];
        }),
  );
  const alike = (at: number, place: number) => common.get(at)?.get(place) ?? 0;
  const sentinels = new Map(isMany ? [] : changed.map((at) => [at, sentinelPaths(sent[at])]));
  const isWhole = (at: number, place: number) => sentinels.get(at)?.every((where) => isStoredAt(stored[place], where)) ?? false;
  const isPartly = (at: number, place: number) => sentinels.get(at)?.some((where) => isStoredAt(stored[place], where)) ?? false;
  const only = (at: number) => {
    const whole = left.filter((place) => isWhole(at, place));
    const [fit, ...others] = whole.length > 0 ? whole : left.filter((place) => isPartly(at, place));
    const isWanted = fit !== undefined && changed.some((other) => other !== at && isPartly(other, fit));
    const isRecognised = fit === undefined || (others.length === 0 && !isWanted && alike(at, fit) > 0);
    return isRecognised ? fit : refuse(`${path}.${at}`);
  };
  /** Whether an entry and another place have more in common than either has with what else it could belong to. */
  const belongTogether = (at: number, place: number) =>
    left.every((other) => alike(at, other) <= alike(at, place)) && unmatched.every((other) => alike(other, place) <= alike(at, place));
  const isClearlyAt = (at: number) =>
    !left.some((place) => alike(at, place) > alike(at, at) && belongTogether(at, place)) &&
    !unmatched.some((other) => alike(other, at) > alike(at, at) && belongTogether(other, at));
  return new Map(
    changed.map((at) => {
      if (left.length === 0 || at >= stored.length) return [at, undefined];
      if (isMany) return refuse(`${path}.${at}`);
      if (isShorter || !left.includes(at)) return [at, only(at)];
      return isClearlyAt(at) || !isPartly(at, at) ? [at, at] : refuse(`${path}.${at}`);
    }),
  );
}

/** A list that was sent, what is stored, and what was shown of that. */
interface Lists {
  readonly sent: readonly unknown[];
  readonly stored: readonly unknown[];
  readonly shown: readonly unknown[];
  readonly path: string;
}

/**
 * The stored entry that belongs to each entry of a list; `undefined` for a new one. One that was shown just so is that entry, wherever it is
 * now, so that moving or removing entries moves no credential to another one. Refuses with 400 where entries that are shown alike differ
 * and some of them are gone.
 */
export function counterparts(sent: readonly unknown[], stored: readonly unknown[], shape: Shape | undefined, path: string): unknown[] {
  if (stored.length === 0 || !sent.some(holdsSentinel)) return [];
  const shown = stored.map((entry) => mask(entry, shape));
  const [texts, shownAs, clear] = [sent.map(textOf), shown.map(textOf), stored.map(textOf)];
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
