import type { Clock } from '@openkupe/contract';
import { groupName } from '../http/client-address/address-group.ts';
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

/** The uploads of an address, with when each has ended at the latest; oldest first. */
interface Client {
  readonly uploads: Set<{ readonly endsMs: number }>;
  bytes: number;
}

/** Makes an {@link UploadLimit}. */
export function createUploadLimit({ clock, limits }: { clock: Pick<Clock, 'monotonic'>; limits: UploadLimits }): UploadLimit {
  const clients = new Map<string, Client>();
  let totalBytes = 0;
  const parsing = createRoundRobinSemaphore(1);

  return {
    limits,
    parsePermit: (address, bytes) => (bytes < LARGE_BYTES ? undefined : parsing.acquire(groupName(address))),
    begin(address) {
      const group = groupName(address);
      const client = clients.get(group) ?? { uploads: new Set(), bytes: 0 };
      const nowMs = clock.monotonic();
      if (client.uploads.size >= limits.uploads) {
        const [oldest] = client.uploads;
        return { isAdmitted: false, retryAfterMs: Math.max(0, (oldest?.endsMs ?? nowMs) - nowMs) };
      }
      const upload = { endsMs: nowMs + limits.longestMs };
      client.uploads.add(upload);
      clients.set(group, client);
      let bytes = 0;
      return {
        isAdmitted: true,
        grow(more) {
          if (client.bytes + more > limits.bytes) return 'address-full';
          if (totalBytes + more > limits.totalBytes) return 'full';
          bytes += more;
          client.bytes += more;
          totalBytes += more;
          return 'fits';
        },
        endsWithinMs: () => Math.max(0, upload.endsMs - clock.monotonic()),
        [Symbol.dispose]() {
          if (!client.uploads.delete(upload)) return;
          client.bytes -= bytes;
          totalBytes -= bytes;
          if (client.uploads.size === 0) clients.delete(group);
        },
      };
    },
  };
}
