import type { TransportRequest, TransportResponse } from '../../packages/sdk/src/transport/transport.ts';
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
  onAnswer(response: TransportResponse): void;
  /** The connection breaks before there is an answer. */
  onBreak(): void;
}

async function answerOf(replica: Replica, { from, request }: Delivery): Promise<TransportResponse> {
  const { method, url, headers, body, attempt } = request;
  const { pathname, search } = new URL(url);
  const answer = await inject(replica.plane.http, {
    method,
    url: pathname + search,
    remoteAddress: from.address,
    headers: { ...headers, ...(attempt && attempt > 1 ? { 'x-request-attempt': String(attempt) } : {}) },
    ...(body === undefined ? {} : { payload: body }),
  });
  // NOTE: Node dates answers by the clock of the real machine.
  const { date: _real, ...sent } = answer.headers;
  return { status: answer.statusCode, headers: { get: (name) => sent[name] as string | undefined }, text: answer.body };
}

/** The arrival of a request at a server, which may have died meanwhile, or may die before it answers. */
export async function arrive(world: World, replica: Replica, delivery: Delivery): Promise<void> {
  if (!replica.isAlive) return delivery.onBreak();
  const { schedule, observers } = world;
  const { from, request, sentMs, what } = delivery;
  const arrivedMs = schedule.nowMs;
  const breakOff = () => delivery.onBreak();
  replica.connections.add(breakOff);
  const response = await answerOf(replica, delivery);
  if (!replica.isAlive) return;
  replica.connections.delete(breakOff);
  note(world, replica, `answers ${response.status} to ${what} of ${from.name}`);
  const times = { sentMs, arrivedMs, answeredMs: schedule.nowMs };
  observers.answered({ client: from.name, tenant: from.tenant, replica, request, response, ...times });
  delivery.onAnswer(response);
}
