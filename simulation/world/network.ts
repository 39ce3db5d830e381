import { NoAnswer, type Transport, type TransportRequest, type TransportResponse } from '../../packages/sdk/src/transport/transport.ts';
import type { Replica, Replicas } from './replica.ts';
import { arrive, type Delivery, type Sender } from './server-side.ts';
import { note, type World } from './world.ts';

/** Longest delay of a message that is held up. */
const STRAGGLER_MS = 30_000;
/** How long a refused connection takes at most. */
const REFUSED_MS = 20;

const lostConnection = () => new NoAnswer('no-answer', 'The connection ended before there was an answer');
const refused = () => new NoAnswer('unreachable', 'The simulated server refused the connection');

interface Settle {
  resolve(response: TransportResponse): void;
  reject(error: Error): void;
}

/**
 * The network between the client `from` and the servers: a balancer that picks one, messages that are delayed and overtake each other, requests
 * and answers that get lost (with an error, or in silence), streams that break, and a proxy that sends what may arrive twice once more.
 */
export function createNetwork(world: World, replicas: Replicas, from: Sender): Transport {
  const { schedule } = world;
  const dice = world.dice.named(`network of ${from.name}`);
  const delay = () => dice.between(0, dice.chance(world.weather.straggler) ? STRAGGLER_MS : world.weather.networkMs);

  function pickReplica(): Replica | undefined {
    const [first, ...rest] = replicas.alive;
    return first && dice.pick([first, ...rest]);
  }
  function deliver(replica: Replica, delivery: Delivery): void {
    schedule.after(delay(), undefined, `request ${delivery.what}`, () => {
      if (!replica.isAlive) delivery.onBreak();
      else schedule.after(0, replica, `request ${delivery.what}`, () => void arrive(world, replica, delivery));
    });
  }
  /** What comes back on one connection: pieces in their order, then the answer, unless it breaks before. */
  function connectionOf({ onText, signal }: TransportRequest, { resolve, reject }: Settle) {
    let isBroken = false;
    let lastMs = 0;
    function inOrder(what: string, act: () => void): void {
      lastMs = Math.max(lastMs, schedule.nowMs + delay());
      schedule.after(lastMs - schedule.nowMs, from, what, () => {
        if (!isBroken && !signal.aborted) act();
      });
    }
    const onBreak = () => {
      isBroken = true;
      if (dice.chance(0.5)) schedule.after(delay(), from, 'connection breaks', () => reject(lostConnection()));
    };
    const isLost = () => isBroken || dice.chance(world.weather.lostAnswer);
    const onAnswer = (response: TransportResponse) => (isLost() ? onBreak() : inOrder('answer', () => resolve(response)));
    const onPiece = (text: string) => (isLost() ? onBreak() : inOrder('piece', () => onText?.(text)));
    return { onBreak, onAnswer, ...(onText && { onText: onPiece }) };
  }
  function route(request: TransportRequest, settle: Settle): void {
    const { pathname, search } = new URL(request.url);
    const what = `${request.method} ${pathname}${search}`;
    const isLost = dice.chance(world.weather.lostRequest);
    // NOTE: not a PATCH, which no proxy may repeat by itself (RFC 9110 §9.2.2): its second 412 would hide its first success.
    const mayRepeat = request.isRepeatable && request.method !== 'PATCH' && !request.onText;
    const isRepeated = mayRepeat && dice.chance(world.weather.duplicate);
    note(world, from, `sends ${what}${isLost ? ', which gets lost' : ''}${isRepeated ? ', twice' : ''}`);
    const connection = connectionOf(request, settle);
    const [first, second] = [pickReplica(), pickReplica()];
    const sent = { from, request, what, sentMs: schedule.nowMs };
    if (isLost) connection.onBreak();
    else if (!first) schedule.after(dice.between(0, REFUSED_MS), from, 'connection is refused', () => settle.reject(refused()));
    else deliver(first, { ...sent, ...connection });
    if (isRepeated && second) deliver(second, { ...sent, onAnswer: () => {}, onBreak: () => {} });
  }

  return {
    name: 'simulated',
    send: (request) =>
      new Promise((resolve, reject) => {
        if (request.signal.aborted) return reject(lostConnection());
        request.signal.addEventListener('abort', () => reject(lostConnection()), { once: true });
        route(request, { resolve, reject });
      }),
  };
}
