import { request } from 'node:http';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { OPERATOR_NAME_HEADER, OPERATOR_PREFIX } from '@openkupe/contract/operator-socket';
import { type Context, type Flags, text } from '../command.ts';
import { EXIT, exitCodeForStatus } from '../exit-codes.ts';
import { Failure } from '../failure/failure.ts';

/** The flags that find the operator socket of the server of this machine. */
export const SOCKET_FLAGS = {
  socket: text('file', "The server's operator socket; without it OPENKUPE_OPERATOR_SOCKET, then operator.sock in the data folder."),
  data: text('folder', 'The data folder of the server; without it OPENKUPE_DATA, then ./data.'),
} as const satisfies Flags;

/** The values of {@link SOCKET_FLAGS}. */
export interface SocketFlags {
  readonly socket: string | undefined;
  readonly data: string | undefined;
}

/** A request on the operator socket. */
export interface OperatorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Segments of the path; each is encoded. */
  readonly path: readonly string[];
  readonly query?: string;
  readonly body?: unknown;
}

type CallDependencies = Pick<Context, 'env' | 'signal'>;

/** The socket: `--socket`, `--data`, OPENKUPE_OPERATOR_SOCKET, OPENKUPE_DATA, ./data. */
export function resolveSocket(flags: SocketFlags, env: Context['env']): string {
  if (flags.socket) return flags.socket;
  if (flags.data) return join(flags.data, 'operator.sock');
  return env.OPENKUPE_OPERATOR_SOCKET || join(env.OPENKUPE_DATA || 'data', 'operator.sock');
}

function unreachable(socketPath: string, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new Failure(`The socket "${socketPath}" may not be opened by this account; use the account that runs the server, or root.`, {
      code: 'no-access',
      exit: EXIT.refused,
      outcome: 'not-applied',
    });
  }
  const isNotSent = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
  return new Failure(
    `No control plane answers on "${socketPath}" (${error.code ?? error.message}); start it, or pass --data or --socket.`,
    {
      code: 'unreachable',
      exit: EXIT.unavailable,
      outcome: isNotSent ? 'not-applied' : 'unknown',
      next: [{ run: 'openkupe up', why: 'starts a control plane on this machine' }],
    },
  );
}

interface SocketResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

function send(socketPath: string, { method, path, query, body }: OperatorRequest, dependencies: CallDependencies): Promise<SocketResponse> {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    accept: 'application/json',
    // NOTE: the name is for the audit log only; a caller is authorised by being able to open the socket.
    [OPERATOR_NAME_HEADER]: dependencies.env.SUDO_USER || userInfo().username,
    // NOTE: Node frames the body of a DELETE only when it is given the length.
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
  };
  const target = `${OPERATOR_PREFIX}/${path.map(encodeURIComponent).join('/')}${query ? `?${query}` : ''}`;
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path: target, headers, signal: dependencies.signal }, async (response) => {
      try {
        let text = '';
        for await (const chunk of response.setEncoding('utf8')) text += chunk;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    sent.once('error', reject);
    sent.end(payload);
  });
}

function refused({ status, headers, text }: SocketResponse): Failure {
  const sentence = (JSON.parse(text) as { error?: string }).error ?? text;
  const requestId = headers['x-request-id'];
  return new Failure(/[.!?]$/.test(sentence) ? sentence : `${sentence}.`, {
    code: String(headers['error-code'] ?? `status-${status}`),
    exit: exitCodeForStatus(status),
    status,
    requestId: typeof requestId === 'string' ? requestId : undefined,
    outcome: 'not-applied',
  });
}

/** Sends a request to the server of this machine and returns its JSON. Fails with a {@link Failure} that has the server's sentence. */
export async function operate<Body>(flags: SocketFlags, dependencies: CallDependencies, asked: OperatorRequest): Promise<Body> {
  return JSON.parse(await operateForText(flags, dependencies, asked)) as Body;
}

/** The same for a response that is plain text. */
export async function operateForText(flags: SocketFlags, dependencies: CallDependencies, asked: OperatorRequest): Promise<string> {
  const socketPath = resolveSocket(flags, dependencies.env);
  const response = await send(socketPath, asked, dependencies).catch((error: NodeJS.ErrnoException) => {
    throw dependencies.signal.aborted ? dependencies.signal.reason : unreachable(socketPath, error);
  });
  if (response.status >= 400) throw refused(response);
  return response.text;
}
