import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message that came in. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON came
  readonly json: any;
  readonly path: string;
}

/** What a receiver answers: a status with headers, or nothing at all. */
export type ReceiverAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'nothing';

/** An HTTP server on this machine that takes webhooks. */
export interface Receiver {
  readonly url: string;
  readonly received: ReceivedMessage[];
  /** Asked for each message once it is received. */
  answer: (message: ReceivedMessage) => ReceiverAnswer;
  stop(): Promise<void>;
}

/** Starts a {@link Receiver} that answers 204. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const message = { headers: request.headers, text, json: JSON.parse(text), path: request.url ?? '' };
    receiver.received.push(message);
    const answer = receiver.answer(message);
    if (answer === 'nothing') return;
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: () => ({ status: 204 }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
