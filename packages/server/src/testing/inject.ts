import type { IncomingMessage, ServerResponse } from 'node:http';
import injectInto, { type InjectOptions, type Response } from 'light-my-request';
import type { HttpServer } from '../http/http-server.ts';

/** Sends a request to an HTTP side without a socket, from any address. */
export function inject({ handle }: Pick<HttpServer, 'handle'>, request: InjectOptions): Promise<Response> {
  return injectInto((message, response) => {
    void handle(message as unknown as IncomingMessage, response as unknown as ServerResponse);
  }, request);
}
