/** What a node believes the store's clock to be. */
export interface StoreTime {
  /** The store's time at a moment of this node's clock. */
  atStore(localMs: number): number;
  /** The moment of this node's clock at a time of the store's. */
  atNode(storeMs: number): number;
  /** An answer was asked for and received at these moments of the node's clock, and in between it was this time at the store. */
  learn(storeMs: number, askedAtMs: number, receivedAtMs: number): void;
}

/**
 * The distance between the clocks moves only when an answer contradicts it, and then no further than it must. If it followed every
 * answer, the way to the store, which is never twice the same, would be taken for time that has passed or has not, and what a node knows
 * of a key would become more with every look. So it is exact to the shortest way seen, follows a drift, and after the store was
 * replaced by one with another clock it is right from the first answer on.
 */
export function createStoreTime(): StoreTime {
  let aheadMs = 0;
  return {
    atStore: (localMs) => localMs + aheadMs,
    atNode: (storeMs) => storeMs - aheadMs,
    learn(storeMs, askedAtMs, receivedAtMs) {
      aheadMs = Math.min(Math.max(aheadMs, storeMs - receivedAtMs), storeMs - askedAtMs);
    },
  };
}
