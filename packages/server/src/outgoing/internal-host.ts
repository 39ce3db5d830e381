import { BlockList, isIPv4 } from 'node:net';
import { withoutTrailing } from '@openkupe/contract';

function blockList(family: 'ipv4' | 'ipv6', blocks: string): BlockList {
  const list = new BlockList();
  for (const block of blocks.split(' ')) {
    const [network = '', prefix] = block.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/**
 * IPv4 that is not reachable from everywhere (https://www.iana.org/assignments/iana-ipv4-special-registry), and 168.63.129.16: Azure's
 * platform (metadata, DNS, agents), https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const INTERNAL_IPV4 = blockList(
  'ipv4',
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 ' +
    '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3',
);
/** IPv6: only global unicast is public, less what tunnels to IPv4 or is for examples. */
const GLOBAL_IPV6 = blockList('ipv6', '2000::/3');
const INTERNAL_IPV6 = blockList('ipv6', '2001::/23 2001:db8::/32 2002::/16 3fff::/20');

/**
 * Names that only a machine or its own network resolves, public ones that lead to the machine itself or to its cloud, and services that
 * resolve a name to the address written in it (also in hexadecimal and IPv6) or to two in turn (`nip.io` and on).
 */
const INTERNAL_SUFFIXES = new Set(
  (
    'localhost localdomain local internal intranet lan home corp private svc consul intra test invalid onion fritz.box home.arpa ' +
    'metadata.goog metadata.azure.com localtest.me lvh.me vcap.me lacolhost.com nip.io sslip.io xip.io traefik.me rbndr.us 1u.ms'
  ).split(' '),
);
const MOST_LABELS = 3;

/** Whether a name is an internal suffix or below one, by its last labels. */
function hasInternalSuffix(host: string): boolean {
  let end = host.length;
  for (let labels = 0; labels < MOST_LABELS; labels += 1) {
    const dot = host.lastIndexOf('.', end - 1);
    if (INTERNAL_SUFFIXES.has(host.slice(dot + 1))) return true;
    if (dot <= 0) return false;
    end = dot;
  }
  return false;
}

/** An IPv4 address in a name, as `10.0.0.1.nip.io` or `ip-10-0-0-1.ec2.example`, which services resolve to that address. */
const ADDRESS_IN_NAME = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?=[.-]|$)/;

/** In a host that the WHATWG URL parser wrote, only an IPv6 address has a colon, and it is a valid one. */
const isIPv6 = (host: string) => host.includes(':');

const plain = (hostname: string) => withoutTrailing(hostname.replace(/^\[|\]$/g, ''), '.').toLowerCase();

/** Whether a host, as the WHATWG URL parser wrote it, is a literal address that is not on the internet, or names the machine itself. */
export function isInternalLiteral(hostname: string): boolean {
  return isInternalPlain(plain(hostname));
}

function isInternalPlain(host: string): boolean {
  if (isIPv4(host)) return INTERNAL_IPV4.check(host, 'ipv4');
  if (isIPv6(host)) return !GLOBAL_IPV6.check(host, 'ipv6') || INTERNAL_IPV6.check(host, 'ipv6');
  return host === 'localhost' || host.endsWith('.localhost');
}

/**
 * Whether a host, as the WHATWG URL parser wrote it (so that octal, hexadecimal and decimal IPv4 are dotted already), is inside a network
 * rather than on the internet. NOTE: a public name may still resolve to an internal address; the connecting side has to check again.
 */
export function isInternalHost(hostname: string): boolean {
  const host = plain(hostname);
  if (isIPv4(host) || isIPv6(host)) return isInternalPlain(host);
  if (!host.includes('.')) return true;
  const inName = ADDRESS_IN_NAME.exec(host)?.slice(1).join('.');
  if (inName !== undefined && isIPv4(inName) && INTERNAL_IPV4.check(inName, 'ipv4')) return true;
  return hasInternalSuffix(host);
}
