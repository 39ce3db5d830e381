import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import inject from 'light-my-request';

/** An answer of the server before it is sent. */
export interface CapturedAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** A request for the server, as it arrived or of the sandbox's own. */
export interface ServerRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders?: readonly string[];
  readonly httpVersion?: string;
  readonly address: string;
  readonly body: Buffer;
}

/** Hands a request to the server and resolves with what it answers. Never rejects for what is answered. */
export type Execute = (request: ServerRequest) => Promise<CapturedAnswer>;

/** What belongs to a connection, and is not handed on. */
const OF_CONNECTION = ['connection', 'date', 'keep-alive', 'transfer-encoding'];

/** Makes {@link Execute} for a server's `handle`. */
export function createExecute(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Execute {
  return async ({ method, target, headers, rawHeaders, httpVersion = '1.1', address, body }) => {
    const answer = await inject(
      (message, response) => {
        // NOTE: the message as it was sent, where the library has its own reading of the target and of repeated headers.
        Object.assign(message, { url: target, method, headers, httpVersion, ...(rawHeaders && { rawHeaders }) });
        void handle(message as unknown as IncomingMessage, response as unknown as ServerResponse);
      },
      { method: method as 'GET', url: '/', remoteAddress: address, payload: body },
    );
    const closes = answer.headers.connection === 'close' ? { connection: 'close' } : {};
    const kept = Object.entries(answer.headers).filter(([name]) => !OF_CONNECTION.includes(name));
    return { status: answer.statusCode, headers: { ...Object.fromEntries(kept), ...closes }, body: answer.rawPayload };
  };
}
