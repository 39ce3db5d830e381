import { createKeyedHash } from '../../crypto/keyed-hash.ts';
import type { RateLimit } from '../gcra.ts';
import { Limiter, nameOf } from '../limiter.ts';
import type { VirtualAnswer, VirtualRequest } from './callers.ts';

/** A limiter, and what becomes of one request to one key of it. Credentials that begin with `?` have not been verified. */
export interface OneKey {
  readonly limiter: Limiter;
  ask(request: VirtualRequest & { readonly cost?: number; readonly key?: number }, nowMs: number): VirtualAnswer;
}

/** Creates the limiter. The high bits of a key choose its set, so that keys do not share one; `isOneSet` puts all into the same. */
export function createOneKey(limit: RateLimit, options: { keys?: number; mostCost?: number; isOneSet?: boolean } = {}): OneKey {
  const { keys = 65_536, mostCost = 1, isOneSet = false } = options;
  const limiter = new Limiter({ limit, keys, mostCost });
  const hash = createKeyedHash({ low: 7, high: 9 });
  const hashed = (text: string) => {
    hash.text(text);
    return { low: hash.result[0] as number, high: hash.result[1] as number };
  };
  return {
    limiter,
    ask({ credential, target, isCommon, cost = 1, key = 1 }, nowMs) {
      const isTrusted = !credential.startsWith('?');
      const identify = () => ({
        flow: nameOf(hashed(`${key} ${isTrusted ? credential : '?'}`)),
        isTrusted,
        fingerprint: nameOf(hashed(`${key} ${credential} ${target}`)),
        isCommon,
      });
      const decision = limiter.ask({ low: isOneSet ? 0 : Math.imul(key, 2 ** 28), high: key, cost, identify }, nowMs);
      if (!decision.isAdmitted) return limiter.refuse(decision, nowMs);
      limiter.charge(decision, nowMs);
      return undefined;
    },
  };
}
