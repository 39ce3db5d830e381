import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { authorizeBy, type Credential } from './credential.ts';
import { ConnectionError } from './kubernetes-error.ts';

/** An API server and how it is trusted and authenticated at. */
export interface ServerAddress {
  /** `https://HOST:PORT`, with a path where the API is below one. */
  readonly server: string;
  /** The only authorities that the server's certificate is trusted by. Absent: those of the machine. */
  readonly caPem?: string | undefined;
  /** The name that the certificate has to carry, where it is another than the host's. */
  readonly tlsServerName?: string | undefined;
  readonly credential: Credential;
}

/** One HTTP request. */
export interface SentRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** A request that stays open: it takes no permit of the others, and ends after this time without a byte. In milliseconds. */
  readonly idleMs?: number;
}

/** Keep-alive connections to one API server. */
export interface Connection {
  /** Resolves with the head of the answer. Rejects with a {@link ConnectionError}, or with the signal's reason. */
  send(request: SentRequest): Promise<IncomingMessage>;
  close(): void;
}

/** Requests that run at the same time; more wait. Watches do not count. */
const MOST_SOCKETS = 16;
const MOST_HEADER_BYTES = 64 * 1024;

/** Errors before a byte was sent, which may pass. */
const UNREACHABLE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL']);
/** Certificates that are refused, by the codes of OpenSSL and of Node. */
const REFUSED_CERTIFICATE = /CERT|SELF_SIGNED|ISSUER|LEAF_SIGNATURE|ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO/;

/** Keep-alive connections by `node:https` with the authority pinned; the client certificate is of the agent, so one agent serves one credential. */
export function connectTo({ server, caPem, tlsServerName, credential }: ServerAddress): Connection {
  const base = new URL(server);
  const tls = {
    ...(caPem === undefined ? {} : { ca: caPem }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    ...(credential.type === 'certificate' ? { cert: credential.certificatePem, key: credential.keyPem } : {}),
  };
  const agent = new https.Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, ...tls });
  const watchAgent = new https.Agent({ keepAlive: false, ...tls });
  const authorize = authorizeBy(credential);
  const prefix = base.pathname.replace(/\/$/, '');

  return {
    async send({ method, path, body, contentType = 'application/json', signal, idleMs }) {
      signal.throwIfAborted();
      const authorization = await authorize();
      const headers = {
        accept: 'application/json',
        'user-agent': 'openkupe',
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
      };
      const options = { method, headers, signal, maxHeaderSize: MOST_HEADER_BYTES, agent: idleMs === undefined ? agent : watchAgent };
      return new Promise((resolve, reject) => {
        const sent = https.request(new URL(prefix + path, base), idleMs === undefined ? options : { ...options, timeout: idleMs }, resolve);
        sent.on('timeout', () => sent.destroy(new Error(`no byte came for ${idleMs} ms`)));
        sent.on('error', (error) => reject(signal.aborted ? signal.reason : connectionError(error, base.host)));
        sent.end(body);
      });
    },
    close() {
      agent.destroy();
      watchAgent.destroy();
    },
  };
}

function connectionError(error: Error & { code?: string }, host: string): ConnectionError {
  const { code = '', message } = error;
  const outcome = UNREACHABLE.has(code) ? 'unreachable' : REFUSED_CERTIFICATE.test(code) ? 'cannot-connect' : 'no-answer';
  return new ConnectionError(outcome, `The API server at ${host} could not be asked: ${message || code}`, { cause: error });
}
