import { type Clock, errorBody, type Random } from '@openkupe/contract';
import type { IssuerKeys } from '../auth/issuer-keys.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Reply } from '../pipeline/exchange.ts';
import { newRequestId } from '../pipeline/receive.ts';
import type { Store } from '../store/store.ts';

export interface ReadinessPorts {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly random: Random;
  readonly lifecycle: Pick<Lifecycle, 'isDraining'>;
  readonly store: Pick<Store, 'ping'>;
  readonly issuerKeys?: Pick<IssuerKeys, 'state' | 'probe'> | undefined;
}

/** The health checks. Neither is rate limited, so neither may be work that a caller can multiply. */
export interface Readiness {
  /** `/healthz`: the process answers. */
  alive(): Reply;
  /**
   * `/readyz`: it also accepts work, and its store can be written. With `?verbose` it lists what was looked at. An OIDC issuer that cannot be
   * used is listed there and makes nothing unready: API keys work without it, and a restart would not mend it.
   */
  ready(options?: { readonly isVerbose: boolean }): Promise<Reply>;
}

/** Looking whether the store can be written is a write; everybody who asks within this time hears about the same one. */
const PING_EVERY_MS = 1_000;

export function createReadiness({ clock, random, lifecycle, store, issuerKeys }: ReadinessPorts): Readiness {
  let pinged: { readonly atMs: number; readonly canWrite: Promise<boolean> } | undefined;
  let isRunning = false;

  const reply = (status: number, body: unknown): Reply => ({
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'x-request-id': newRequestId(random) },
    body: JSON.stringify(body),
  });
  const ping = async () => {
    isRunning = true;
    try {
      await store.ping();
      return true;
    } catch {
      return false;
    } finally {
      isRunning = false;
    }
  };
  const canWrite = () => {
    const atMs = clock.monotonic();
    if (!pinged || (!isRunning && atMs - pinged.atMs >= PING_EVERY_MS)) pinged = { atMs, canWrite: ping() };
    return pinged.canWrite;
  };

  /** Asks the issuer again, at most once in five seconds and without waiting for it, and says how it stood. */
  const issuerCheck = () => {
    if (!issuerKeys) return [];
    void issuerKeys.probe();
    return [{ name: 'oidc-issuer', ...issuerKeys.state }];
  };

  return {
    alive: () => reply(200, { status: 'ok' }),
    async ready({ isVerbose } = { isVerbose: false }) {
      if (lifecycle.isDraining) return reply(503, errorBody('The control plane is shutting down'));
      if (!(await canWrite())) return reply(503, errorBody('The store cannot be written'));
      const checks = isVerbose ? { checks: [{ name: 'store', state: 'ok' }, ...issuerCheck()] } : {};
      return reply(200, { status: 'ok', ...checks });
    },
  };
}
