import { MASKED } from '@openkupe/contract';
import { invalidRequest } from '../refusal.ts';
import { mask } from './mask.ts';
import { type Shape, shapeBelow } from './shapes.ts';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

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

function refuse(path: string, why: string): never {
  throw invalidRequest(`${path} is "${MASKED}", and ${why}; send the value itself`);
}

/** Whether a value is stored wherever the sentinel was sent. */
function canRestore(sent: unknown, stored: unknown): boolean {
  if (sent === MASKED) return typeof stored === 'string' || typeof stored === 'number';
  if (Array.isArray(sent)) return sent.every((inner, at) => canRestore(inner, Array.isArray(stored) ? stored[at] : undefined));
  if (!isRecord(sent)) return true;
  return Object.entries(sent).every(([key, inner]) =>
    canRestore(inner, isRecord(stored) && Object.hasOwn(stored, key) ? stored[key] : undefined),
  );
}

/** For each entry the place of the stored one that was shown just so: the same place if it can be, each place once. */
function sameEntries(sent: readonly unknown[], shownAs: readonly string[]): (number | undefined)[] {
  const texts = sent.map(textOf);
  const others = shownAs.flatMap((text, at) => (texts[at] === text ? [] : [at]));
  const free = Map.groupBy(others.reverse(), (at) => shownAs[at]);
  return texts.map((text, at) => (shownAs[at] === text ? at : free.get(text)?.pop()));
}

/** What is shown of entries that are shown alike and differ. */
function shownAlike(shownAs: readonly string[], stored: readonly unknown[]): ReadonlySet<string> {
  const texts = new Map<string, string>();
  const alike = new Set<string>();
  for (const [at, shown] of shownAs.entries()) {
    const own = textOf(stored[at]);
    if ((texts.get(shown) ?? own) !== own) alike.add(shown);
    texts.set(shown, own);
  }
  return alike;
}

/** Entries among which one that was changed is looked for, so that the time is bounded. */
const MOST_LEFT = 100;

/**
 * The stored entry that belongs to each entry of a list. One that was shown just so is that entry, wherever it is now, so that moving or
 * removing entries moves no credential to another one. An entry that was changed is the one at its place; where that one
 * is elsewhere now, or the list became shorter, the only one that is left and has a value wherever the sentinel was sent. Refuses with 400
 * where that is not clear, and where entries that are shown alike differ and some of them are gone.
 */
function counterparts(sent: readonly unknown[], stored: readonly unknown[], shape: Shape | undefined, path: string): unknown[] {
  if (!sent.some(holdsSentinel)) return [];
  const shownAs = stored.map((entry) => textOf(mask(entry, shape)));
  const places = sameEntries(sent, shownAs);
  const taken = new Set(places);
  const isShorter = sent.length < stored.length;
  const alike: ReadonlySet<string> = isShorter ? shownAlike(shownAs, stored) : new Set();
  const left = stored.flatMap((_entry, at) => (taken.has(at) ? [] : [at]));
  return sent.map((entry, at) => {
    if (!holdsSentinel(entry)) return undefined;
    const same = places[at];
    if (same !== undefined) return alike.has(shownAs[same] ?? '') ? refuseEntry(`${path}.${at}`) : stored[same];
    if (!isShorter && !taken.has(at)) return stored[at];
    const [fit, ...others] = left.length > MOST_LEFT ? [] : left.filter((place) => canRestore(entry, stored[place]));
    return fit !== undefined && others.length === 0 ? stored[fit] : refuseEntry(`${path}.${at}`);
  });
}

function refuseEntry(path: string): never {
  throw invalidRequest(`${path} holds "${MASKED}", and it is not clear which stored entry of the list it is; send the value itself`);
}

function restored(sent: unknown, stored: unknown, shape: Shape | undefined, path: string): unknown {
  if (sent === MASKED) {
    if (stored === MASKED || (typeof stored !== 'string' && typeof stored !== 'number')) refuse(path, 'nothing is stored there');
    return stored;
  }
  if (Array.isArray(sent)) {
    const before = counterparts(sent, Array.isArray(stored) ? stored : [], shape, path);
    return sent.map((inner, at) => restored(inner, before[at], shape, `${path}.${at}`));
  }
  if (!isRecord(sent)) return sent;
  const before = isRecord(stored) ? stored : {};
  return Object.fromEntries(
    Object.entries(sent).map(([key, inner]) => {
      const counterpart = Object.hasOwn(before, key) ? before[key] : undefined;
      const shown = key.slice(0, 60);
      return [key, restored(inner, counterpart, shapeBelow(shape, key), path === '' ? shown : `${path}.${shown}`)];
    }),
  );
}

/**
 * What was sent, with every `<secret>` replaced by the stored value that was shown as it: the inverse of {@link mask}. The sentinel is never
 * stored. Refuses with 400 where nothing is stored, as in a receiver of another name, and where it is not clear which entry of a list is meant.
 */
export function restore<Value>(sent: Value, stored: unknown, shape: Shape): Value {
  return restored(sent, stored, shape, '') as Value;
}
