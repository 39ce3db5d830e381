import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorBody } from '@openkupe/contract';
import { printTimeline } from '../recording/timeline.ts';
import type { RuleInput } from '../rules/rule.ts';
import type { Sandbox } from '../sandbox.ts';
import { readState } from '../state/data-folder-state.ts';

/** The longest body, which is that of a state. */
const MOST_BYTES = 256 * 2 ** 20;

interface Outcome {
  readonly status: number;
  readonly body?: unknown;
  /** Text in place of JSON. */
  readonly text?: string;
}

interface Call {
  readonly body: unknown;
  /** What follows the path of the row, decoded. */
  readonly rest: string;
  readonly isText: boolean;
}

const ok = (body: unknown): Outcome => ({ status: 200, body });
const DONE: Outcome = { status: 204 };

function clockOf({ clock }: Sandbox) {
  return { now: new Date(clock.nowMs).toISOString(), frozen: clock.isFrozen };
}

async function moveClock(sandbox: Sandbox, body: unknown): Promise<Outcome> {
  const { frozen, advance } = Object(body) as { frozen?: unknown; advance?: unknown };
  if (typeof frozen !== 'boolean' && typeof advance !== 'string')
    return { status: 400, body: errorBody('Say what to do with the clock: {"frozen": true} or {"advance": "10m"}') };
  if (frozen === true) sandbox.clock.freeze();
  if (frozen === false) sandbox.clock.resume();
  if (typeof advance === 'string') await sandbox.clock.advance(advance);
  return ok(clockOf(sandbox));
}

/** The calls, by method and path. A path that ends in a slash has a name behind it. */
const CALLS: Readonly<Record<string, (sandbox: Sandbox, call: Call) => Outcome | Promise<Outcome>>> = {
  'GET /': (sandbox) =>
    ok({ url: sandbox.url, tenant: sandbox.tenant, seed: sandbox.seed, clock: clockOf(sandbox), rules: sandbox.rules.list() }),
  'GET /rules': ({ rules }) => ok(rules.list()),
  'POST /rules': ({ rules }, { body }) => ({ status: 201, body: { name: rules.add(body as RuleInput) } }),
  'DELETE /rules': ({ rules }) => {
    rules.clear();
    return DONE;
  },
  'DELETE /rules/': ({ rules }, { rest }) =>
    rules.remove(rest) ? DONE : { status: 404, body: errorBody(`There is no rule "${rest}"; GET /rules lists them`) },
  'GET /clock': (sandbox) => ok(clockOf(sandbox)),
  'POST /clock': (sandbox, { body }) => moveClock(sandbox, body),
  'GET /recording': (sandbox, { isText }) => (isText ? { status: 200, text: printTimeline(sandbox.recording()) } : ok(sandbox.recording())),
  'DELETE /recording': (sandbox) => {
    sandbox.forget();
    return DONE;
  },
  'POST /keys': async (sandbox) => ({ status: 201, body: { key: await sandbox.issueKey() } }),
  'GET /state': (sandbox) => ok(sandbox.export()),
  'PUT /state': async (sandbox, { body }) => {
    await sandbox.import(readState(body));
    return DONE;
  },
  'POST /reset': async (sandbox) => {
    await sandbox.reset();
    return DONE;
  },
};
function isAllowed({ headers }: IncomingMessage, token: string): boolean {
  const given = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of message) {
    bytes += (part as Buffer).length;
    if (bytes > MOST_BYTES) throw new Error(`The body is longer than ${MOST_BYTES} bytes`);
    parts.push(part as Buffer);
  }
  return bytes === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString('utf8'));
}

function send(response: ServerResponse, { status, body, text }: Outcome): void {
  if (status === 204) return void response.writeHead(204).end();
  const payload = text ?? `${JSON.stringify(body)}\n`;
  const type = text === undefined ? 'application/json' : 'text/plain; charset=utf-8';
  response
    .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(payload), 'cache-control': 'no-store' })
    .end(payload);
}

async function carryOut(sandboxOf: () => Sandbox, token: string, message: IncomingMessage): Promise<Outcome> {
  const path = (message.url ?? '').split('?', 1)[0] ?? '';
  if (!isAllowed(message, token))
    return { status: 401, body: errorBody('The control API needs its token as a bearer token; the sandbox printed it at its start') };
  const slash = path.lastIndexOf('/') + 1;
  const call = CALLS[`${message.method} ${path}`] ?? (slash > 1 ? CALLS[`${message.method} ${path.slice(0, slash)}`] : undefined);
  if (!call)
    return { status: 404, body: errorBody(`The control API has no ${message.method} ${path}; it has ${Object.keys(CALLS).join(', ')}`) };
  try {
    const isText = /text\/plain/.test(message.headers.accept ?? '');
    return await call(sandboxOf(), { body: await readJson(message), rest: decodeURIComponent(path.slice(slash)), isText });
  } catch (error) {
    return { status: 400, body: errorBody((error as Error).message) };
  }
}

/** Opens the control API of a sandbox on a free port of 127.0.0.1, of its own, so that no fault reaches it and a reset does not end it. */
export async function openControlApi(sandboxOf: () => Sandbox, token: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((message, response) => {
    carryOut(sandboxOf, token, message).then(
      (outcome) => send(response, outcome),
      () => response.destroy(),
    );
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
