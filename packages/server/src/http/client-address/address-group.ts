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
const COLON = 58;
const PERCENT = 37;

/** Reads a dotted quad from `start` to `end`; -1 if it is none, otherwise the address as an unsigned number. */
function readDotted(text: string, start: number, end: number): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let at = start; at < end; at += 1) {
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

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

const pieces = new Uint16Array(8);

/** Reads an IPv6 address into `pieces`; false if it is none. A zone (`%eth0`) is ignored. */
function readColons(text: string): boolean {
  pieces.fill(0);
  let end = text.length;
  for (let at = 0; at < end; at += 1) if (text.charCodeAt(at) === PERCENT) end = at;
  let count = 0;
  let gap = -1;
  let at = 0;
  if (end >= 2 && text.charCodeAt(0) === COLON && text.charCodeAt(1) === COLON) {
    gap = 0;
    at = 2;
  }
  while (at < end) {
    let value = 0;
    const start = at;
    for (; at < end; at += 1) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (at < end && text.charCodeAt(at) === DOT) {
      const dotted = readDotted(text, start, end);
      if (dotted < 0 || count > 6) return false;
      pieces[count] = dotted >>> 16;
      pieces[count + 1] = dotted & 0xffff;
      count += 2;
      break;
    }
    if (at === start || at - start > 4 || count > 7) return false;
    pieces[count] = value;
    count += 1;
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON) return false;
    at += 1;
    if (at < end && text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at += 1;
    } else if (at === end) return false;
  }
  if (gap < 0) return count === 8;
  if (count > 7) return false;
  pieces.copyWithin(8 - (count - gap), gap, count);
  pieces.fill(0, gap, 8 - (count - gap));
  return true;
}

const piece = (at: number) => pieces[at] ?? 0;

/** Reads an address's group into `into`, without allocating. */
export function readAddressGroup(address: string, into: AddressGroup): void {
  into.second = 0;
  const dotted = readDotted(address, 0, address.length);
  if (dotted >= 0) {
    into.family = 4;
    into.first = dotted | 0;
    return;
  }
  if (!readColons(address)) {
    into.family = 0;
    into.first = 0;
    return;
  }
  const isMapped = piece(5) === 0xffff && (piece(0) | piece(1) | piece(2) | piece(3) | piece(4)) === 0;
  into.family = isMapped ? 4 : 6;
  into.first = isMapped ? (piece(6) << 16) | piece(7) : (piece(0) << 16) | piece(1);
  if (!isMapped) into.second = (piece(2) << 16) | piece(3);
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
