import { BlockList, isIP } from 'node:net';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** An address as it is compared and shown: IPv4 also where IPv6 carries it (RFC 4291 §2.5.5.2), and without a zone. */
export const plainAddress = (address: string): string => {
  const [withoutZone = ''] = address.split('%', 1);
  return withoutZone.replace(MAPPED, '');
};

interface Range {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** An address or a CIDR block; `undefined` for what is neither, and for IPv4 in the form of IPv6, which no client address has. */
export function parseRange(text: string): Range | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  const widest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? widest : /^(0|[1-9]\d{0,2})$/.test(bits) ? Number(bits) : Number.NaN;
  if (version === 0 || rest.length > 0 || !(prefix <= widest) || /%|^::ffff:/i.test(address)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** A list for each family: one for both would have IPv4 in `::/0`, as Node reads it. */
type Ranges = Readonly<Record<Range['family'], BlockList>>;

/** What is read of ranges is kept as long as the row that they are in. */
const compiled = new WeakMap<readonly string[], Ranges>();

function compile(ranges: readonly string[]): Ranges {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of ranges) {
    const range = parseRange(text);
    if (range) lists[range.family].addSubnet(range.address, range.prefix, range.family);
  }
  compiled.set(ranges, lists);
  return lists;
}

/** Whether an address is in one of the ranges. A range that cannot be read holds no address. */
export function isInRanges(ranges: readonly string[], address: string): boolean {
  const plain = plainAddress(address);
  const version = isIP(plain);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return version !== 0 && (compiled.get(ranges) ?? compile(ranges))[family].check(plain, family);
}

/** Whether every address of `inner` is in one of the `outer` ranges alone. */
export function isRangeWithin(inner: string, outer: readonly string[]): boolean {
  const range = parseRange(inner);
  if (!range) return false;
  return outer.some((text) => {
    const one = parseRange(text);
    return one?.family === range.family && one.prefix <= range.prefix && isInRanges([text], range.address);
  });
}
