import type { ServerResponse } from 'node:http';
import type { Clock } from '@openkupe/contract';
import type { TextSink, TextStream } from '../errors/reply.ts';
import { isTaken } from './send-in-pieces.ts';

/** Sends the head of an answer, and lets the stream write its body until it ends it or the connection is closed. */
export function sendStream(
  response: ServerResponse,
  stream: TextStream,
  { status, headers, isHead }: { status: number; headers: Record<string, string | number>; isHead: boolean },
  { clock }: { readonly clock: Clock },
): void {
  if (response.destroyed || response.socket?.destroyed) {
    stream.close();
    return;
  }
  // NOTE: a client that ends its side has gone away; the server answers half-closed connections otherwise, and would go on for two heartbeats.
  const { socket } = response;
  const onEnd = () => void response.destroy();
  if (stream.isEndless) socket?.once('end', onEnd);
  response.once('close', () => {
    socket?.off('end', onEnd);
    stream.close();
  });
  response.writeHead(status, headers);
  if (isHead) {
    response.end();
    return;
  }
  const sink: TextSink = {
    unreadBytes: () => response.writableLength,
    async taken() {
      await new Promise((resolve) => setImmediate(resolve));
      return response.writableNeedDrain ? isTaken(response, clock) : !response.destroyed;
    },
    write: (text) => void response.write(text),
    end: () => void response.end(),
    cutOff: () => void response.destroy(),
  };
  stream.start(sink);
}
