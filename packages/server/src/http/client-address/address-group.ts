import { isIP } from 'node:net';

/**
 * The group of addresses that counts as one client: a single IPv4 address, an IPv6 /64 (what one subscriber's link gets, RFC 6177),
 * with the /48 around it for a looser limit. IPv4 spelled as IPv6 (`::ffff:192.0.2.1`, in any spelling) is folded by its bits.
 */
export interface AddressGroup {
  /** 4, 6, or 0 for something that is not an address; those share one group. */
  family: 0 | 4 | 6;
  /** The first 32 bits, signed. */
  first: number;
  /** For IPv6 bits 32 to 63, otherwise 0. */
  second: number;
}

const DOT = 46;
const PIECES = 8;

/** Reads a dotted quad; -1 if it is none, otherwise the address as an unsigned number. By hand, because it is on the path of every request. */
function readDotted(text: string): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (octet < 0) return -1;
      address = address * 256 + octet;
      octet = -1;
      dots += 1;
    } else {
      if (code < 48 || code > 57) return -1;
      octet = (octet < 0 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return -1;
    }
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : -1;
}

/** The eight pieces of an IPv6 address; `undefined` if it is none. A zone (`%eth0`) is ignored. */
function readPieces(text: string): readonly number[] | undefined {
  const address = text.split('%', 1)[0] as string;
  if (isIP(address) !== 6) return undefined;
  const last = address.lastIndexOf(':') + 1;
  const dotted = readDotted(address.slice(last));
  const hex = dotted < 0 ? address : `${address.slice(0, last)}${(dotted >>> 16).toString(16)}:${(dotted & 0xffff).toString(16)}`;
  const [head = [], tail = []] = hex.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const gap = hex.includes('::') ? PIECES - head.length - tail.length : 0;
  return [...head, ...Array<string>(gap).fill('0'), ...tail].map((piece) => Number.parseInt(piece, 16));
}

/** Reads an address's group into `into`; without allocating where it is IPv4. */
export function readAddressGroup(address: string, into: AddressGroup): void {
  const dotted = readDotted(address);
  into.family = 4;
  into.first = dotted | 0;
  into.second = 0;
  if (dotted >= 0) return;
  const pieces = readPieces(address);
  const word = (at: number) => ((pieces?.[at] ?? 0) << 16) | (pieces?.[at + 1] ?? 0);
  const isMapped = pieces?.[5] === 0xffff && pieces.slice(0, 5).every((piece) => piece === 0);
  into.first = word(isMapped ? 6 : 0);
  if (isMapped) return;
  into.family = pieces ? 6 : 0;
  into.second = word(2);
}

/** @example addressGroup('::ffff:192.0.2.1') // { family: 4, first: -1073741311, second: 0 } */
export function addressGroup(address: string): AddressGroup {
  const group: AddressGroup = { family: 0, first: 0, second: 0 };
  readAddressGroup(address, group);
  return group;
}

const hex16 = (value: number) => (value & 0xffff).toString(16);

/** The group as an operator reads it: `192.0.2.1`, `2001:db8:0:1::/64`, or with `isNetwork` the /48 around the latter. */
export function formatAddressGroup(group: AddressGroup, isNetwork = false): string {
  const { family, first, second } = group;
  if (family === 0) return 'unknown';
  if (family === 4) return `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}`;
  const prefix = `${hex16(first >>> 16)}:${hex16(first)}:${hex16(second >>> 16)}`;
  return isNetwork ? `${prefix}::/48` : `${prefix}:${hex16(second)}::/64`;
}

/** The name of an address's group, under which what one client has is counted. */
export const groupName = (address: string): string => formatAddressGroup(addressGroup(address));
