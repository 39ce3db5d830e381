import { groupName } from '../http/client-address/address-group.ts';
import { KeyedCounts } from '../http/client-address/keyed-counts.ts';
import type { TrustedProxySet } from '../http/client-address/trusted-proxies.ts';
import { createRoundRobinSemaphore } from './round-robin-semaphore.ts';

/** Bytes of long answers that may wait until their clients read them. */
export interface UnreadLimits {
  /** For one IPv4 address or IPv6 /64. Trusted proxies speak for many clients and are bounded with all others only. */
  readonly bytes: number;
  readonly totalBytes: number;
}

/** A long answer on its way, until it is disposed of: when it is sent, or its connection is lost. */
export interface UnreadAnswer extends Disposable {
  /** Counts bytes that the client has read. */
  read(bytes: number): void;
}

/** Bounds the memory that clients take up by asking for lists and not reading them: what is kept per address, and what is made at a time. */
export interface UnreadAnswers {
  readonly bytes: number;
  /** Whether the address leaves so much unread that nothing more is made for it. */
  isFull(address: string): boolean;
  /** Resolves with the permit to make a list: a few at the same time, addresses round robin. */
  listPermit(address: string): Promise<Disposable>;
  /**
   * Resolves with the permit to make a slice of a long list: one per turn of the event loop, addresses round robin. Turns stay short, which
   * waiting connections need: Node accepts one per turn.
   */
  slicePermit(address: string): Promise<Disposable>;
  /** Counts an answer. Beyond the total, `cutOff` is called for answers of the address that leaves most unread, oldest first. */
  add(address: string, bytes: number, cutOff: () => void): UnreadAnswer;
}

/** Lists that are made at the same time: each takes as much memory as the longest list at most. */
const LISTS_AT_ONCE = 4;

interface Counted {
  readonly group: string;
  readonly cutOff: () => void;
  bytes: number;
}

/** Makes {@link UnreadAnswers}. */
export function createUnreadAnswers(options: { limits: UnreadLimits; trustedProxies: TrustedProxySet }): UnreadAnswers {
  const { limits, trustedProxies } = options;
  const counts = new KeyedCounts();
  /** Oldest first. */
  const answers = new Set<Counted>();
  const lists = createRoundRobinSemaphore(LISTS_AT_ONCE);
  const slices = createRoundRobinSemaphore(1);

  const read = (answer: Counted, bytes: number) => {
    const newly = Math.min(bytes, answer.bytes);
    answer.bytes -= newly;
    counts.add(answer.group, -newly);
  };
  const remove = (answer: Counted) => {
    read(answer, answer.bytes);
    answers.delete(answer);
  };
  const oldestOf = (group: string | undefined) => {
    for (const answer of answers) if (answer.group === group) return answer;
    return undefined;
  };
  const makeRoom = (bytes: number) => {
    while (counts.total + bytes > limits.totalBytes) {
      const oldest = oldestOf(counts.largest());
      if (!oldest) return;
      remove(oldest);
      oldest.cutOff();
    }
  };

  return {
    get bytes() {
      return counts.total;
    },
    // The address is only looked up where it matters: not while all addresses together leave less unread than one may.
    isFull: (address) => counts.total >= limits.bytes && !trustedProxies.includes(address) && counts.of(groupName(address)) >= limits.bytes,
    listPermit: (address) => lists.acquire(groupName(address)),
    slicePermit: (address) => slices.acquire(groupName(address)),
    add(address, bytes, cutOff) {
      makeRoom(bytes);
      const answer: Counted = { group: groupName(address), cutOff, bytes };
      answers.add(answer);
      counts.add(answer.group, bytes);
      return { read: (more) => read(answer, more), [Symbol.dispose]: () => remove(answer) };
    },
  };
}
