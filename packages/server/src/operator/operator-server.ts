import { once } from 'node:events';
import { chmod, lstat, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { LIMITS } from '@openkupe/contract';
import type { Config } from '../config/config.ts';
import type { Log } from '../log/log.ts';
import type { IncomingRequest } from '../pipeline/exchange.ts';
import { answerOperator } from './operator-pipeline.ts';
import type { OperatorPorts } from './operator-route.ts';

/** The operator's listener: a local socket that only the account that runs the server (and root) can open. */
export interface OperatorServer {
  listen(path: string): Promise<void>;
  close(): Promise<void>;
}

/** What the smallest of the usual systems allows for the path of a socket. */
const LONGEST_PATH_BYTES = 103;

/** Whether a server on this machine can be asked to listen at `path`. */
const isUsableSocketPath = (path: string) => Buffer.byteLength(path) <= LONGEST_PATH_BYTES;

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Removes the socket that a killed server left behind; refuses to take one on which a server answers, or a file that is no socket. */
async function makeWay(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket())
    throw new Error(`The operator's socket cannot be made at ${path}: there is a file; choose another path with OPENKUPE_OPERATOR_SOCKET`);
  if (await isAnswered(path))
    throw new Error(`Another control plane listens on ${path}; stop it, or choose another path with OPENKUPE_OPERATOR_SOCKET`);
  await unlink(path);
}

/** Listens with a mask, so that there is no moment at which others could open the socket. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  server.listen(path);
  process.umask(before);
  await once(server, 'listening');
}

/** Makes the listener; `listen` opens it. @throws where the path is taken by a file, or by another server that answers. */
export function createOperatorServer(ports: OperatorPorts): OperatorServer {
  const server = createServer({ maxHeaderSize: LIMITS.headerBytes, requestTimeout: LIMITS.requestTimeoutMs }, async (request, response) => {
    const { method = '', url: target = '/' } = request;
    // NOTE: of a request only Set-Cookie would be a list, which nothing reads.
    const headers = request.headers as IncomingRequest['headers'];
    const reply = await answerOperator({ method, target, headers, body: request }, ports);
    response.writeHead(reply.status, { ...reply.headers, connection: 'close' });
    response.end(reply.body);
  });
  return {
    async listen(path) {
      await makeWay(path);
      await listenPrivately(server, path);
      await chmod(path, 0o600);
    },
    async close() {
      if (server.listening) await server[Symbol.asyncDispose]();
    },
  };
}

/**
 * Opens the operator's socket where the settings say, or in the data folder. A data folder whose path is too long for a socket, and
 * Windows, whose pipes have no file mode, get none: the control plane runs without, and the log says how to get one.
 */
export async function listenForOperator(
  server: OperatorServer,
  config: Pick<Config, 'dataFolder' | 'operatorSocket'>,
  log: Log,
): Promise<void> {
  if (config.operatorSocket !== undefined) return server.listen(config.operatorSocket);
  const path = join(config.dataFolder, 'operator.sock');
  if (process.platform !== 'win32' && isUsableSocketPath(path)) return server.listen(path);
  log.warn({ path }, 'there is no operator socket, because this path cannot be one; set OPENKUPE_OPERATOR_SOCKET to a short path');
}
