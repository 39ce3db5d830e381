/**
 * Counts by key, such as open connections or bytes by client. Only counts above zero take memory, so the table is bounded by whatever bounds
 * the total of what is counted.
 */
export class KeyedCounts {
  readonly #counts = new Map<string, number>();
  /** All counts together. */
  total = 0;

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: number): void {
    this.total += change;
    const count = this.of(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }

  /** The key with the highest count. */
  largest(): string | undefined {
    let found: string | undefined;
    let most = 0;
    for (const [key, count] of this.#counts) {
      if (count <= most) continue;
      found = key;
      most = count;
    }
    return found;
  }
}
