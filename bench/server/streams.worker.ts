/** Readers of event streams on bare sockets. Answers with when each of them got each event, by the clock that all processes share. */
import { connect, type Socket } from 'node:net';
import { answerQuestions } from '../harness/worker.ts';

/** `open` more streams of `path`, one credential each in turn, or what has arrived since it was last asked. */
export type StreamQuestion =
  | { readonly verb: 'open'; readonly port: number; readonly path: string; readonly keys: readonly string[]; readonly count: number }
  | { readonly verb: 'arrivals' };

/** Milliseconds at which readers got an event, by its revision. */
export type Arrivals = Readonly<Record<string, readonly number[]>>;

const sockets: Socket[] = [];
let arrivals: Record<string, number[]> = {};
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Resolves when the stream has begun: its position is there. */
function open(port: number, path: string, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    socket.setEncoding('latin1').on('data', (text: string) => {
      const at = nowMs();
      for (const [, revision = ''] of text.matchAll(/"revision":(\d+)/g)) {
        arrivals[revision] ??= [];
        arrivals[revision].push(at);
      }
      if (/^id: /m.test(text)) resolve();
      if (text.startsWith('HTTP/1.1 4') || text.startsWith('HTTP/1.1 5')) reject(new Error(text.slice(0, 500)));
    });
    socket.once('error', reject);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n\r\n`);
  });
}

answerQuestions(async (question: StreamQuestion) => {
  if (question.verb === 'arrivals') {
    const seen = arrivals;
    arrivals = {};
    return seen;
  }
  const { port, path, keys, count } = question;
  const AT_ONCE = 100;
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => open(port, path, keys[(from + at) % keys.length] ?? '')),
    );
  return {};
});
