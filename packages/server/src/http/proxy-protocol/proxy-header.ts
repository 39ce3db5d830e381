import { isIP } from 'node:net';

/** The header of the PROXY protocol, version 1 or 2: what a load balancer that does not speak HTTP writes before the client's first byte. */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly outcome: 'incomplete' }
  /** This is no PROXY header. */
  | { readonly outcome: 'invalid' }
  /** `address` is absent when the proxy names no client, as in its own health checks. */
  | { readonly outcome: 'read'; readonly length: number; readonly address: string | undefined };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const LONGEST_LINE = 107;
const FIXED_LENGTH = 16;
/** Longer than any header with its extensions in practice. */
const LONGEST_HEADER = 4096;
const INVALID: ProxyHeader = { outcome: 'invalid' };
const INCOMPLETE: ProxyHeader = { outcome: 'incomplete' };

const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end < 0) return bytes.length >= LONGEST_LINE ? INVALID : INCOMPLETE;
  const [, family, source = '', target = '', ...ports] = bytes.toString('latin1', 0, end).split(' ');
  const length = end + 2;
  // "The receiver must ignore anything presented before the CRLF" of a line that begins so.
  if (family === 'UNKNOWN') return { outcome: 'read', length, address: undefined };
  const wanted = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : -1;
  const isWhole = isIP(source) === wanted && isIP(target) === wanted && ports.length === 2 && ports.every(isPort);
  return isWhole ? { outcome: 'read', length, address: source } : INVALID;
}

function sixteenBytes(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16)).join(':');
}

function readBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < FIXED_LENGTH) return INCOMPLETE;
  const versionAndCommand = bytes.readUInt8(12);
  const length = FIXED_LENGTH + bytes.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2 || (versionAndCommand & 15) > 1 || length > LONGEST_HEADER) return INVALID;
  if (bytes.length < length) return INCOMPLETE;
  const isLocal = (versionAndCommand & 15) === 0;
  const family = bytes.readUInt8(13) >> 4;
  const body = bytes.subarray(FIXED_LENGTH, length);
  if (isLocal || family === 0 || family === 3) return { outcome: 'read', length, address: undefined };
  if (family === 1 && body.length >= 12) return { outcome: 'read', length, address: body.subarray(0, 4).join('.') };
  if (family === 2 && body.length >= 36) return { outcome: 'read', length, address: sixteenBytes(body.subarray(0, 16)) };
  return INVALID;
}

/** Reads the header at the start of what has arrived so far. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const known = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.subarray(0, known).equals(SIGNATURE.subarray(0, known))) return known < SIGNATURE.length ? INCOMPLETE : readBinary(bytes);
  const start = bytes.toString('latin1', 0, Math.min(bytes.length, 6));
  if ('PROXY '.startsWith(start)) return start.length < 6 ? INCOMPLETE : readLine(bytes);
  return INVALID;
}
