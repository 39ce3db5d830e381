import type { Server as HttpServer } from 'node:http';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import type { Clock } from '@openkupe/contract';

/**
 * The PROXY protocol, versions 1 and 2: what a load balancer that does not speak HTTP writes before the client's first byte. Believed
 * only on connections from a trusted proxy, and there it is required: a connection without it is closed.
 */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly outcome: 'incomplete' }
  /** This is no PROXY header. */
  | { readonly outcome: 'invalid' }
  /** `address` is absent when the proxy speaks for itself, as in health checks. */
  | { readonly outcome: 'read'; readonly length: number; readonly address: string | undefined };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const LONGEST_LINE = 107;
const FIXED_LENGTH = 16;
/** Longer than any header with its extensions in practice. */
const LONGEST_HEADER = 4096;
const INVALID: ProxyHeader = { outcome: 'invalid' };
const INCOMPLETE: ProxyHeader = { outcome: 'incomplete' };

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end < 0) return bytes.length >= LONGEST_LINE ? INVALID : INCOMPLETE;
  const [, family, source = ''] = bytes.toString('latin1', 0, end).split(' ');
  const length = end + 2;
  if (family === 'UNKNOWN') return { outcome: 'read', length, address: undefined };
  const wanted = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : -1;
  return isIP(source) === wanted ? { outcome: 'read', length, address: source } : INVALID;
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

/** A header has to arrive within this time. */
const PATIENCE_MS = 3000;

/**
 * A listener in front of an HTTP server: takes the header off connections from trusted proxies and hands them on with the client's
 * address as `remoteAddress`. Connections from anybody else are handed on as they are.
 */
export function listenBehindProxy(
  http: HttpServer,
  options: { readonly trustedProxies: { includes(address: string): boolean }; readonly clock: Clock },
): Server {
  const handOn = (socket: Socket, address: string | undefined, rest: Buffer) => {
    if (address !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
    if (rest.length > 0) socket.unshift(rest);
    http.emit('connection', socket);
    socket.resume();
  };
  return createServer({ pauseOnConnect: true }, (socket) => {
    if (!options.trustedProxies.includes(socket.remoteAddress ?? '')) return handOn(socket, undefined, Buffer.alloc(0));
    let arrived: Buffer = Buffer.alloc(0);
    const giveUp = () => socket.destroy();
    const arrival = new AbortController();
    options.clock.sleep(PATIENCE_MS, arrival.signal).then(giveUp, () => {});
    socket.on('close', () => arrival.abort());
    socket.on('error', giveUp);
    const onData = (chunk: Buffer) => {
      arrived = Buffer.concat([arrived, chunk]);
      const header = readProxyHeader(arrived);
      if (header.outcome === 'incomplete') return;
      if (header.outcome === 'invalid') return giveUp();
      socket.off('data', onData);
      socket.off('error', giveUp);
      arrival.abort();
      socket.pause();
      handOn(socket, header.address, arrived.subarray(header.length));
    };
    socket.on('data', onData);
    socket.resume();
  });
}
