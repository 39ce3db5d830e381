import type { Validator } from '../world/observers.ts';
import { writesOf } from './cluster-model.ts';

/** On several processes a revocation is in force within this time, in milliseconds; on one at once. */
const REVOKED_WITHIN_MS = 1_000;

/** The key that a request was sent with, by its id. */
const keyIdOf = (authorization: string | undefined) => `ak-${/^Bearer kupe_([0-9a-f]{8})_/.exec(authorization ?? '')?.[1]}`;

/** A key is refused once its revocation was acknowledged. */
export function createRevokedKeys(isShared: boolean): Validator {
  const revokedMs = new Map<string, number>();
  return {
    name: 'revoked-key-is-refused',
    ended({ kind, outcome, name, endedMs }) {
      if (kind === 'revoke-key' && outcome === 'applied') revokedMs.set(name, endedMs + (isShared ? REVOKED_WITHIN_MS : 0));
    },
    answered({ request, response: { status }, sentMs }) {
      const id = keyIdOf(request.headers.authorization);
      const sinceMs = revokedMs.get(id);
      if (sinceMs === undefined || sentMs <= sinceMs || [401, 429, 500, 503].includes(status)) return;
      throw new Error(`${request.method} ${request.url} was answered ${status} with key ${id}, revoked at ${sinceMs} ms`);
    },
  };
}

/** Every POST has an idempotency key, so what an operation creates is there at most once, however often it was sent. */
export function createAtMostOnce(): Validator {
  const created = new Set<string>();
  return {
    name: 'created-at-most-once',
    stored(fact) {
      for (const write of writesOf(fact)) {
        if (write.verb !== 'create' || (write.key.kind !== 'cluster' && write.key.kind !== 'api-key')) continue;
        const { displayName } = write.spec as { displayName: string };
        if (created.has(displayName)) throw new Error(`"${displayName}" was created twice`);
        created.add(displayName);
      }
    },
  };
}
