import { MASKED } from '@openkupe/contract';

type Json = unknown;
const isRecord = (value: Json): value is Record<string, Json> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the value under this key is, or holds, a credential. An address counts: web hooks carry their credential in it. */
export function isCredentialKey(key: string): boolean {
  const name = key.toLowerCase();
  if (name === 'name') return false;
  return (
    name === 'url' || name.endsWith('_url') || name === 'apikey' || name.endsWith('_key') || /password|secret|token|credential/.test(name)
  );
}

/** The value with every credential replaced by `<secret>`; everything below a credential's key is one. */
export function mask(value: Json, isCredential = false): Json {
  if (Array.isArray(value)) return value.map((inner) => mask(inner, isCredential));
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, mask(inner, key !== 'name' && (isCredential || isCredentialKey(key)))]),
    );
  }
  return isCredential && (typeof value === 'string' || typeof value === 'number') ? MASKED : value;
}

const NOTHING = Symbol('nothing');

function restored(sent: Json, stored: Json, isCredential: boolean): Json {
  if (sent === MASKED && isCredential) return typeof stored === 'string' || typeof stored === 'number' ? stored : NOTHING;
  if (Array.isArray(sent)) {
    const before = Array.isArray(stored) ? stored : [];
    return sent.map((inner, at) => restored(inner, before[at], isCredential)).filter((inner) => inner !== NOTHING);
  }
  if (!isRecord(sent)) return sent;
  const before = isRecord(stored) ? stored : {};
  return Object.fromEntries(
    Object.entries(sent)
      .map(([key, inner]) => {
        const counterpart = Object.hasOwn(before, key) ? before[key] : undefined;
        return [key, restored(inner, counterpart, key !== 'name' && (isCredential || isCredentialKey(key)))] as const;
      })
      .filter(([, inner]) => inner !== NOTHING),
  );
}

/**
 * What was sent, with every `<secret>` at the place of a credential replaced by the stored value at the same position, and left out
 * where there is none. The inverse of {@link mask}: `restore(mask(x), x)` is `x`. Elsewhere `<secret>` is ordinary text.
 */
export function restore<Value>(sent: Value, stored: unknown): Value {
  return restored(sent, stored, false) as Value;
}
