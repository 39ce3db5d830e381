/** Chance as a port: jitter, ids and secrets come from here, so that a test can repeat them. */
export interface Random {
  /** A number in [0, 1). */
  unit(): number;
  /** `length` random bytes; from {@link systemRandom} they are fit for secrets. */
  bytes(length: number): Uint8Array;
}

/** The machine's cryptographic generator (Web Crypto, present in Node, browsers, Deno, Bun and workers). */
export const systemRandom: Random = {
  unit() {
    const [high = 0] = crypto.getRandomValues(new Uint32Array(1));
    return high / 2 ** 32;
  },
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
