/**
 * Remembers for a while that something happened to a (group, credential), as a keyed hash and a time: 16 bytes each, fixed size. Used
 * for "succeeded from here lately" and for "is known to be wrong". The oldest of a set makes room, so forgetting is all that can happen.
 */
export interface CredentialMemory {
  readonly bytes: number;
  remember(low: number, high: number, nowMs: number): void;
  /** Whether it was remembered within the last `lifetimeMs`. */
  remembers(low: number, high: number, nowMs: number, lifetimeMs: number): boolean;
  forget(low: number, high: number): void;
}

const WAYS = 8;

export function createCredentialMemory(options: { entries: number }): CredentialMemory {
  const sets = Math.max(1, Math.ceil(options.entries / WAYS));
  const keys = new Int32Array(sets * WAYS * 2);
  const sinceMs = new Float64Array(sets * WAYS).fill(Number.NEGATIVE_INFINITY);
  const baseOf = (low: number) => (((low >>> 0) * (sets / 2 ** 32)) | 0) * WAYS;
  const find = (low: number, high: number) => {
    const base = baseOf(low);
    for (let entry = base; entry < base + WAYS; entry += 1) if (keys[entry * 2] === low && keys[entry * 2 + 1] === high) return entry;
    return -1;
  };

  return {
    bytes: keys.byteLength + sinceMs.byteLength,
    remember(low, high, nowMs) {
      let entry = find(low, high);
      if (entry < 0) {
        entry = baseOf(low);
        for (let other = entry; other < baseOf(low) + WAYS; other += 1)
          if ((sinceMs[other] as number) < (sinceMs[entry] as number)) entry = other;
        keys[entry * 2] = low;
        keys[entry * 2 + 1] = high;
      }
      sinceMs[entry] = nowMs;
    },
    remembers(low, high, nowMs, lifetimeMs) {
      const entry = find(low, high);
      return entry >= 0 && (sinceMs[entry] as number) > nowMs - lifetimeMs;
    },
    forget(low, high) {
      const entry = find(low, high);
      if (entry >= 0) sinceMs[entry] = Number.NEGATIVE_INFINITY;
    },
  };
}
