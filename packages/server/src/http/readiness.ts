import { errorBody, type Random } from '@openkupe/contract';
import type { Lifecycle } from '../lifecycle.ts';
import type { Reply } from '../pipeline/exchange.ts';
import { newRequestId } from '../pipeline/receive.ts';
import type { Store } from '../store/store.ts';

export interface ReadinessPorts {
  readonly random: Random;
  readonly lifecycle: Lifecycle;
  readonly store: Store;
}

function reply(status: number, body: unknown, ports: ReadinessPorts): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'x-request-id': newRequestId(ports.random) },
    body: JSON.stringify(body),
  };
}

/** `/healthz`: the process answers. `/readyz`: it also accepts work, and its store can be written. Neither is rate limited. */
export function readiness(question: 'alive', ports: ReadinessPorts): Reply;
export function readiness(question: 'ready', ports: ReadinessPorts): Promise<Reply>;
export function readiness(question: 'alive' | 'ready', ports: ReadinessPorts): Reply | Promise<Reply> {
  if (question === 'alive') return reply(200, { status: 'ok' }, ports);
  if (ports.lifecycle.isDraining) return Promise.resolve(reply(503, errorBody('The control plane is shutting down'), ports));
  return ports.store.ping().then(
    () => reply(200, { status: 'ok' }, ports),
    () => reply(503, errorBody('The store cannot be written'), ports),
  );
}
