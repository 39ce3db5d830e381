import { formatRetryAfter, LIMITS, type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import { Refusal } from '../errors/refusal.ts';
import { rateLimitFields } from '../rate-limit/rate-limit-fields.ts';
import type { Exchange } from './exchange.ts';
import { refuseIfGone } from './pass-overload.ts';
import type { Ports } from './ports.ts';

const NOTHING_TO_END = () => {};

function tooManyUnread(): Refusal {
  const waitMs = SUGGESTED_WAITS.unreadAnswersMs;
  const state = { name: 'unread-bytes', remaining: 0, resetSeconds: waitMs / 1000 };
  return new Refusal(429, 'Too many answers to this address are unread; read those, or ask for fewer at the same time', {
    code: 'rate-limited-answers',
    headers: {
      ...rateLimitFields([{ name: 'unread-bytes', quota: LIMITS.unreadBytesPerAddress }], [state], waitMs),
      'retry-after': formatRetryAfter(waitMs),
    },
  });
}

/**
 * Stage 8, before it, for reads: 429 for an address that does not read what it is answered. A list then waits for its turn to be made;
 * resolves with what is to be called once it is.
 */
export async function waitForListTurn({ request }: Exchange, route: Route, { unread }: Pick<Ports, 'unread'>): Promise<() => void> {
  if (route.method !== 'GET') return NOTHING_TO_END;
  if (unread.isFull(request.socketAddress)) throw tooManyUnread();
  if (!route.id.endsWith('.list')) return NOTHING_TO_END;
  const end = await unread.turn(request.socketAddress);
  try {
    refuseIfGone(request);
    if (unread.isFull(request.socketAddress)) throw tooManyUnread();
    return end;
  } catch (error) {
    end();
    throw error;
  }
}
