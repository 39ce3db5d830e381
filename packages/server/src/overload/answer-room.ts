import { addressGroup, formatAddressGroup } from '../http/client-address/address-group.ts';
import type { TrustedProxySet } from '../http/client-address/trusted-proxies.ts';
import { createFairSemaphore } from './fair-semaphore.ts';

/** How many bytes of long answers may wait for their clients to read them. */
export interface AnswerLimits {
  /** For one IPv4 address or IPv6 /64; trusted proxies speak for many and are bounded with all others only. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A long answer on its way. */
export interface UnreadAnswer {
  /** Counts bytes that the client has taken. */
  taken(bytes: number): void;
  /** To be called once it is sent, or the connection is lost. */
  end(): void;
}

/**
 * What is kept of long answers until their clients have read them, and whose turn it is to have a list made. A client that asks and does
 * not read so takes up memory of its own share only.
 */
export interface AnswerRoom {
  readonly unreadBytes: number;
  /** Whether the address leaves so much unread that nothing more is made for it. */
  isFull(address: string): boolean;
  /** Waits until a list may be made: a few at the same time, addresses in rotation. Resolves with the function to call once it is made. */
  turn(address: string): Promise<() => void>;
  /**
   * Waits until a slice of a long list may be made: one in a turn of the event loop, addresses in rotation. A turn is short then, which
   * others need: of the connections that are waiting, a turn accepts one. Resolves with the function to call once the slice is made.
   */
  slice(address: string): Promise<() => void>;
  /** Counts an answer in. Beyond the total, `cutOff` of answers of the address that leaves most unread is called, oldest first. */
  enter(address: string, bytes: number, cutOff: () => void): UnreadAnswer;
}

/** Lists that are made at the same time: what each of them takes in memory is bounded by the longest list. */
const LISTS_AT_ONCE = 4;

interface Unread {
  bytes: number;
  readonly cutOff: () => void;
}

/** Makes an empty {@link AnswerRoom}. */
export function createAnswerRoom({ limits, trustedProxies }: { limits: AnswerLimits; trustedProxies: TrustedProxySet }): AnswerRoom {
  /** Oldest first. */
  const readers = new Map<string, Set<Unread>>();
  const turns = createFairSemaphore(LISTS_AT_ONCE);
  const slices = createFairSemaphore(1);
  let unreadBytes = 0;

  const keyOf = (address: string) => formatAddressGroup(addressGroup(address));
  const bytesOf = (answers: Iterable<Unread>) => {
    let bytes = 0;
    for (const answer of answers) bytes += answer.bytes;
    return bytes;
  };
  const take = (unread: Unread, bytes: number) => {
    const taken = Math.min(bytes, unread.bytes);
    unread.bytes -= taken;
    unreadBytes -= taken;
  };
  const leave = (key: string, unread: Unread) => {
    take(unread, unread.bytes);
    const answers = readers.get(key);
    answers?.delete(unread);
    if (answers?.size === 0) readers.delete(key);
  };
  const makeRoom = (bytes: number) => {
    while (unreadBytes + bytes > limits.totalBytes && readers.size > 0) {
      const sizes = [...readers].map(([key, answers]) => ({ key, answers, bytes: bytesOf(answers) }));
      const { key, answers } = sizes.reduce((most, one) => (one.bytes > most.bytes ? one : most));
      const [oldest] = answers;
      if (!oldest) return;
      leave(key, oldest);
      oldest.cutOff();
    }
  };

  return {
    get unreadBytes() {
      return unreadBytes;
    },
    isFull: (address) => !trustedProxies.includes(address) && bytesOf(readers.get(keyOf(address)) ?? []) >= limits.bytes,
    turn: (address) => turns.acquire(keyOf(address)),
    slice: (address) => slices.acquire(keyOf(address)),
    enter(address, bytes, cutOff) {
      makeRoom(bytes);
      const key = keyOf(address);
      const unread = { bytes, cutOff };
      const answers = readers.get(key) ?? new Set();
      readers.set(key, answers.add(unread));
      unreadBytes += bytes;
      return { taken: (more) => take(unread, more), end: () => leave(key, unread) };
    },
  };
}
