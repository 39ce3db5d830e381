import { MASKED } from '@openkupe/contract';
import { invalidRequest } from '../errors/refusal.ts';
import { canonicalText, holdsSentinel, isRecord, isStoredAt, sentinelPaths } from './sentinels.ts';

/** A list that was sent, the stored one, and the masked form of that, which the client was shown. */
export interface Lists {
  readonly sent: readonly unknown[];
  readonly stored: readonly unknown[];
  readonly shown: readonly unknown[];
  readonly path: string;
}

/** Refuses with 400 a sentinel whose stored entry is ambiguous. */
export function refuse(path: string): never {
  throw invalidRequest(`${path} holds "${MASKED}", and it is not clear which stored entry of the list it is; send the value itself`);
}

type Fields = ReadonlyMap<string, string>;
/** The fields by which an entry is recognised, as texts: those without a sentinel, and not true or false, which most entries share. */
const fieldsOf = (entry: unknown): Fields => {
  const fields = isRecord(entry) ? Object.entries(entry) : [];
  return new Map(
    fields.flatMap(([key, inner]) => (typeof inner === 'boolean' || holdsSentinel(inner) ? [] : [[key, canonicalText(inner)]])),
  );
};
const inCommon = (some: Fields, others: Fields = new Map()) => [...some].filter(([key, text]) => others.get(key) === text).length;

/** Bound of changed entries and of stored candidates: the comparison is quadratic. */
const MOST_CHANGED = 50;

/**
 * The index of the stored entry to which each changed entry belongs. It is the same index, unless the shown fields say that entries were
 * moved. Where the entry at that index moved, or the list became shorter, it is the only remaining one with a value at the paths of the
 * sentinels, if both have a field in common and no other changed entry could be it. `undefined` where nothing is stored for the sentinel;
 * 400 where it is ambiguous.
 */
export function findChanged(unmatched: readonly number[], left: readonly number[], lists: Lists): Map<number, number | undefined> {
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
