import { BlockList, isIP } from 'node:net';

/** Whether an address is that of a proxy whose forwarding headers are believed. */
export interface TrustedProxySet {
  readonly isEmpty: boolean;
  includes(address: string): boolean;
}

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** One entry of the list: an address or a CIDR block. A hop count, `true` or a host name is refused, because each of them would let clients choose their address. */
function addEntry(list: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.trim().split('/');
  const family = isIP(address);
  const widest = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? widest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || rest.length > 0 || !(prefix >= 0 && prefix <= widest)) {
    throw new RangeError(
      `Trusted proxies cannot include "${entry}"; list the addresses of the proxies as CIDR blocks such as 10.0.0.0/8 (a hop count or "true" would let strangers choose their address)`,
    );
  }
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
}

/** Reads the operator's list of CIDR blocks. Throws a RangeError that names the entry it cannot read. */
export function createTrustedProxies(entries: readonly string[]): TrustedProxySet {
  const list = new BlockList();
  for (const entry of entries) addEntry(list, entry);
  return {
    isEmpty: entries.length === 0,
    includes(address) {
      if (entries.length === 0) return false;
      const plain = address.replace(MAPPED, '');
      const family = isIP(plain);
      return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
