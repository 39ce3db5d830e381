import { isEventStream, type TransportRequest, type TransportResponse } from '../../packages/sdk/src/transport/transport.ts';
import { inject } from '../../packages/server/src/testing/inject.ts';
import type { Replica } from './replica.ts';
import type { Owner } from './schedule.ts';
import { note, type World } from './world.ts';

/** A client as the network knows it. */
export interface Sender extends Owner {
  readonly tenant: string;
  readonly address: string;
}

/** A request on its way, and what becomes of its sender's connection. */
export interface Delivery {
  readonly from: Sender;
  readonly request: TransportRequest;
  /** Method and target, for the trace. */
  readonly what: string;
  readonly sentMs: number;
  /** A piece of an answer that is a stream of events; it was sent whole where nothing takes pieces. */
  onText?(text: string): void;
  onAnswer(response: TransportResponse): void;
  /** The connection breaks before there is an answer. */
  onBreak(): void;
}

type Injected = Awaited<ReturnType<typeof inject>>;

function injectInto(replica: Replica, { from, request, onText }: Delivery): Promise<Injected> {
  const { method, url, headers, body, attempt } = request;
  const { pathname, search } = new URL(url);
  return inject(replica.plane.http, {
    method,
    url: pathname + search,
    remoteAddress: from.address,
    headers: { ...headers, ...(attempt && attempt > 1 ? { 'x-request-attempt': String(attempt) } : {}) },
    ...(body === undefined ? {} : { payload: body }),
    payloadAsStream: onText !== undefined,
  });
}

function responseOf({ statusCode: status, headers }: Injected, text: string): TransportResponse {
  // NOTE: Node dates answers by the clock of the real machine.
  const { date: _real, ...sent } = headers;
  return { status, headers: { get: (name) => sent[name] as string | undefined }, text };
}

/** Hands on the pieces of a stream of events as they are written; collects any other body. Resolves with the rest when it ends. */
function readStream(answer: Injected, { request, onText }: Delivery): Promise<string> {
  const isEvents = isEventStream(answer.headers['content-type'] as string | undefined);
  request.signal.addEventListener('abort', () => answer.raw.res.destroy(), { once: true });
  const stream = answer.stream();
  let text = '';
  stream.on('data', (piece: Buffer) => {
    if (isEvents) onText?.(piece.toString());
    else text += piece.toString();
  });
  return new Promise((resolve) => {
    for (const end of ['end', 'error', 'close']) stream.once(end, () => resolve(text));
  });
}

/** The arrival of a request at a server, which may die before it answers. */
export async function arrive(world: World, replica: Replica, delivery: Delivery): Promise<void> {
  const { schedule, observers } = world;
  const { from, request, sentMs, what } = delivery;
  const arrival = { client: from.name, tenant: from.tenant, replica, request, sentMs, arrivedMs: schedule.nowMs };
  observers.arrived(arrival);
  const breakOff = () => delivery.onBreak();
  replica.connections.add(breakOff);
  const answer = await injectInto(replica, delivery);
  if (delivery.onText) note(world, replica, `begins to answer ${what} of ${from.name}`);
  const response = responseOf(answer, delivery.onText ? await readStream(answer, delivery) : answer.body);
  if (!replica.isAlive) return;
  replica.connections.delete(breakOff);
  note(world, replica, `answers ${response.status} to ${what} of ${from.name}`);
  observers.answered({ ...arrival, arrival, response, answeredMs: schedule.nowMs });
  delivery.onAnswer(response);
}
