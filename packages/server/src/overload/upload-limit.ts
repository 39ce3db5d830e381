import type { Clock } from '@openkupe/contract';
import { groupName } from '../http/client-address/address-group.ts';
import { KeyedCounts } from '../http/client-address/keyed-counts.ts';
import { createRoundRobinSemaphore } from './round-robin-semaphore.ts';

/** Request bodies that may be on their way at the same time. Those that have arrived completely do not count. */
export interface UploadLimits {
  /** From one IPv4 address or IPv6 /64. */
  readonly uploads: number;
  /** Bytes of them that are kept until the rest has come. */
  readonly bytes: number;
  /** The same from all addresses together. */
  readonly totalBytes: number;
  /** An upload has ended after this time in any case. */
  readonly longestMs: number;
}

/** A body on its way, until it is disposed of: when it has arrived, or was given up. */
export interface Upload extends Disposable {
  readonly isAdmitted: true;
  /** Counts bytes that arrived, or says whose bytes are used up if they do not fit. */
  grow(bytes: number): 'fits' | 'address-full' | 'full';
  /** In how many milliseconds it has ended at the latest. */
  endsWithinMs(): number;
}

/** `retryAfterMs` is when the oldest upload of the address has ended at the latest. */
export interface UploadRefusal {
  readonly isAdmitted: false;
  readonly retryAfterMs: number;
}

/**
 * Bounds the bodies that are on their way, per address and together: a client takes as long as it likes to send one, and what has come so
 * far is kept.
 */
export interface UploadLimit {
  readonly limits: UploadLimits;
  begin(address: string): Upload | UploadRefusal;
  /**
   * Resolves with the permit to parse a body that has arrived: one large body per turn of the event loop, addresses round robin. A small one
   * needs none.
   */
  parsePermit(address: string, bytes: number): Promise<Disposable> | undefined;
}

/** A smaller body is parsed in a fraction of a millisecond, for which nothing has to wait. */
const LARGE_BYTES = 16 * 1024;

/** Makes an {@link UploadLimit}. */
export function createUploadLimit({ clock, limits }: { clock: Pick<Clock, 'monotonic'>; limits: UploadLimits }): UploadLimit {
  /** By their addresses, with when each has ended at the latest; oldest first. */
  const uploads = new Set<{ readonly group: string; readonly endsMs: number }>();
  const counts = new KeyedCounts();
  const bytesKept = new KeyedCounts();
  const parsing = createRoundRobinSemaphore(1);

  const oldestEndsMs = (group: string) => {
    for (const upload of uploads) if (upload.group === group) return upload.endsMs;
    return clock.monotonic();
  };

  return {
    limits,
    parsePermit: (address, bytes) => (bytes < LARGE_BYTES ? undefined : parsing.acquire(groupName(address))),
    begin(address) {
      const group = groupName(address);
      const nowMs = clock.monotonic();
      if (counts.of(group) >= limits.uploads) return { isAdmitted: false, retryAfterMs: Math.max(0, oldestEndsMs(group) - nowMs) };
      const upload = { group, endsMs: nowMs + limits.longestMs };
      uploads.add(upload);
      counts.add(group, 1);
      let bytes = 0;
      return {
        isAdmitted: true,
        grow(more) {
          if (bytesKept.of(group) + more > limits.bytes) return 'address-full';
          if (bytesKept.total + more > limits.totalBytes) return 'full';
          bytes += more;
          bytesKept.add(group, more);
          return 'fits';
        },
        endsWithinMs: () => Math.max(0, upload.endsMs - clock.monotonic()),
        [Symbol.dispose]() {
          if (!uploads.delete(upload)) return;
          counts.add(group, -1);
          bytesKept.add(group, -bytes);
        },
      };
    },
  };
}
