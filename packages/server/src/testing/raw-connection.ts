import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { HttpServer } from '../http/http-server.ts';

/** A TCP connection to a server in this process, for what no HTTP client sends. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string): void;
  /** Everything that came until the server ended the connection. */
  rest(): Promise<string>;
  /** Everything that came so far, once `pattern` is in it or the connection is over. */
  until(pattern: RegExp): Promise<string>;
}

/** Opens a {@link RawConnection} from a loopback address. With `allowHalfOpen` the client may finish and still read. */
export async function openRaw(http: HttpServer, localAddress = '127.0.0.1'): Promise<RawConnection> {
  const { port } = http.server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  let text = '';
  let isOver = false;
  let news = Promise.withResolvers<void>();
  const tell = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    tell();
  });
  for (const event of ['end', 'close']) {
    socket.once(event, () => {
      isOver = true;
      tell();
    });
  }
  const until = async (isEnough: () => boolean) => {
    while (!isOver && !isEnough()) await news.promise;
    return text;
  };
  return {
    socket,
    write: (more) => void socket.write(more),
    rest: () => until(() => false),
    until: (pattern) => until(() => pattern.test(text)),
  };
}

/** The status, the headers and the body of every response in `text`, in order; nothing of a body without a length. */
export function responsesIn(text: string, methods: readonly string[] = []): { status: number; head: string; body: string }[] {
  const found = [];
  let rest = text;
  for (let at = 0; rest !== ''; at += 1) {
    const end = rest.indexOf('\r\n\r\n');
    if (!rest.startsWith('HTTP/1.1 ') || end < 0) throw new Error(`Not a response: ${JSON.stringify(rest.slice(0, 200))}`);
    const head = rest.slice(0, end);
    const length = methods[at] === 'HEAD' ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    found.push({ status: Number(head.slice(9, 12)), head, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return found;
}
