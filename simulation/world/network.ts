import { inject } from '../../packages/server/src/testing/inject.ts';
import { NoAnswer, type Transport, type TransportRequest, type TransportResponse } from '../../packages/sdk/src/transport/transport.ts';
import type { Replica, Replicas } from './replica.ts';
import type { Owner } from './schedule.ts';
import { note, type World } from './world.ts';

/** A client as the network knows it. */
export interface Sender extends Owner {
  readonly tenant: string;
  readonly address: string;
}

/** Longest delay of a message that is held up. */
const STRAGGLER_MS = 30_000;
/** How long a refused connection takes at most. */
const REFUSED_MS = 20;

const lostConnection = () => new NoAnswer('no-answer', 'The connection ended before there was an answer');

/**
 * The network between the client `from` and the servers: a balancer that picks one, messages that are delayed and overtake each other, requests
 * and answers that get lost (with an error, or in silence), and a proxy that sends what may arrive twice once more.
 */
export function createNetwork(world: World, replicas: Replicas, from: Sender): Transport {
  const { schedule } = world;
  const dice = world.dice.named(`network of ${from.name}`);
  const delay = () => dice.between(0, dice.chance(world.weather.straggler) ? STRAGGLER_MS : world.weather.networkMs);

  function send(request: TransportRequest): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      if (request.signal.aborted) return reject(lostConnection());
      request.signal.addEventListener('abort', () => reject(lostConnection()), { once: true });
      const { pathname, search } = new URL(request.url);
      const what = `${request.method} ${pathname}${search}`;
      const exchange = { from, request, what, sentMs: schedule.nowMs };
      const isLost = dice.chance(world.weather.lostRequest);
      // NOTE: not a PATCH, which no proxy may repeat by itself (RFC 9110 §9.2.2): its second 412 would hide its first success.
      const isRepeated = request.isRepeatable && request.method !== 'PATCH' && dice.chance(world.weather.duplicate);
      note(world, from, `sends ${what}${isLost ? ', which gets lost' : ''}${isRepeated ? ', twice' : ''}`);
      const breakOff = () => {
        if (dice.chance(0.5)) schedule.after(delay(), from, 'connection breaks', () => reject(lostConnection()));
      };
      if (isLost) return breakOff();
      const replica = pickReplica();
      if (!replica) {
        schedule.after(dice.between(0, REFUSED_MS), from, 'connection is refused', () =>
          reject(new NoAnswer('unreachable', 'The simulated server refused the connection')),
        );
        return;
      }
      deliver(replica, exchange, (response) => {
        if (dice.chance(world.weather.lostAnswer)) return breakOff();
        schedule.after(delay(), from, 'answer', () => resolve(response));
      }, breakOff);
      const second = isRepeated && pickReplica();
      if (second) deliver(second, exchange, () => {}, () => {});
    });
  }

  function pickReplica(): Replica | undefined {
    const [first, ...rest] = replicas.alive;
    return first && dice.pick([first, ...rest]);
  }

  interface Exchange {
    readonly request: TransportRequest;
    readonly what: string;
    readonly sentMs: number;
  }
  function deliver(replica: Replica, exchange: Exchange, onAnswer: (response: TransportResponse) => void, onBreak: () => void): void {
    const { request, what, sentMs } = exchange;
    schedule.after(delay(), undefined, `request ${what}`, () => {
      if (!replica.isAlive) return onBreak();
      const arrivedMs = schedule.nowMs;
      replica.connections.add(onBreak);
      void answerOf(replica, request).then((response) => {
        if (!replica.isAlive) return;
        replica.connections.delete(onBreak);
        note(world, replica, `answers ${response.status} to ${what} of ${from.name}`);
        world.observers.answered({
          client: from.name,
          tenant: from.tenant,
          replica,
          request,
          response,
          sentMs,
          arrivedMs,
          answeredMs: schedule.nowMs,
        });
        onAnswer(response);
      });
    });
  }
  async function answerOf(replica: Replica, { method, url, headers, body, attempt }: TransportRequest): Promise<TransportResponse> {
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

  return { name: 'simulated', send };
}
