import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemRandom } from '@openkupe/contract';
import { createAuthority, issueServerCertificate } from '../../x509/certificates.ts';

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A TLS server on a loopback port that answers as a test says: for what no API server does on demand. */
export interface ScriptedApiServer {
  readonly server: string;
  readonly caPem: string;
  /** The requests so far: `METHOD path`. */
  readonly requests: readonly string[];
  /** How each request is answered; 200 with `{}` at first. */
  answer(respond: Respond): void;
  close(): Promise<void>;
}

/** Starts one. Its certificate is of an authority of its own. */
export async function startScriptedApiServer(): Promise<ScriptedApiServer> {
  const fromMs = Date.now();
  const authority = createAuthority('scripted', fromMs, systemRandom);
  const { certificatePem, privateKeyPem } = issueServerCertificate(authority, ['localhost'], fromMs, systemRandom);
  const requests: string[] = [];
  let respond: Respond = (_request, response) => response.end('{}');
  const server: Server = createServer({ cert: certificatePem, key: privateKeyPem }, async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    respond(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caPem: authority.certificatePem,
    requests,
    answer: (next) => {
      respond = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
