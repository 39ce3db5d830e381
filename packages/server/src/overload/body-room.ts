import type { Clock } from '@openkupe/contract';
import { addressGroup, formatAddressGroup } from '../http/client-address/address-group.ts';
import { createFairSemaphore } from './fair-semaphore.ts';

/** How much may be on its way at the same time. Bodies that have arrived completely do not count. */
export interface BodyLimits {
  /** Bodies from one address. */
  readonly bodies: number;
  /** Bytes of them that are kept until the rest has come. */
  readonly bytes: number;
  /** The same from all addresses together. */
  readonly totalBytes: number;
  /** A body has arrived or was given up after this time. */
  readonly longestMs: number;
}

/** One body on its way. Call `leave` once, when it has arrived or was given up. */
export interface BodyPlace {
  readonly isAdmitted: true;
  /** Counts bytes that arrived; says whose room is used up if they do not fit. */
  grow(bytes: number): 'fits' | 'address-full' | 'full';
  /** In how many milliseconds this body is over at the latest. */
  overAfterMs(): number;
  leave(): void;
}

/**
 * The bodies that are on their way. A client takes as long as it likes to send one, and what has come so far has to be kept, so both are
 * bounded per address: whoever sends slowly waits for itself.
 */
export interface BodyRoom {
  readonly limits: BodyLimits;
  /** Refused bodies are told when the room of one that is on its way is free at the latest. */
  enter(address: string): BodyPlace | { readonly isAdmitted: false; readonly retryAfterMs: number };
  /**
   * Waits until a body that has arrived may be parsed: one large body in a turn of the event loop, those of an address one after another.
   * Resolves with the function to call once it is parsed.
   */
  turn(address: string, bytes: number): Promise<() => void>;
}

/** A smaller body is parsed in a fraction of a millisecond, for which nothing has to wait. */
const LARGE_BYTES = 16 * 1024;
const NO_TURN = () => {};

interface Sender {
  bytes: number;
  /** When those on their way are over at the latest, oldest first. */
  readonly endsMs: number[];
  promised: number;
}

export function createBodyRoom(options: { clock: Pick<Clock, 'monotonic'>; limits: BodyLimits }): BodyRoom {
  const { clock, limits } = options;
  const senders = new Map<string, Sender>();
  const turns = createFairSemaphore(1);
  let totalBytes = 0;

  const refuse = (sender: Sender, nowMs: number) => {
    const endsMs = sender.endsMs[Math.min(sender.promised, sender.endsMs.length - 1)] as number;
    sender.promised += 1;
    return { isAdmitted: false, retryAfterMs: Math.max(0, endsMs - nowMs) } as const;
  };

  return {
    limits,
    turn: async (address, bytes) => (bytes < LARGE_BYTES ? NO_TURN : await turns.acquire(formatAddressGroup(addressGroup(address)))),
    enter(address) {
      const key = formatAddressGroup(addressGroup(address));
      const nowMs = clock.monotonic();
      const sender = senders.get(key) ?? { bytes: 0, endsMs: [], promised: 0 };
      if (sender.endsMs.length >= limits.bodies) return refuse(sender, nowMs);
      const endsMs = nowMs + limits.longestMs;
      sender.endsMs.push(endsMs);
      senders.set(key, sender);
      let bytes = 0;
      return {
        isAdmitted: true,
        grow(more) {
          if (sender.bytes + more > limits.bytes) return 'address-full';
          if (totalBytes + more > limits.totalBytes) return 'full';
          bytes += more;
          sender.bytes += more;
          totalBytes += more;
          return 'fits';
        },
        overAfterMs: () => Math.max(0, endsMs - clock.monotonic()),
        leave() {
          sender.bytes -= bytes;
          totalBytes -= bytes;
          bytes = 0;
          const at = sender.endsMs.indexOf(endsMs);
          if (at >= 0) sender.endsMs.splice(at, 1);
          sender.promised = Math.max(0, sender.promised - 1);
          if (sender.endsMs.length === 0) senders.delete(key);
        },
      };
    },
  };
}
