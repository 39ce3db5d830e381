import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import type { ClientEvent } from './events.ts';
import type { RetryPolicy } from './retry/policy.ts';
import type { Transport } from './transport/transport.ts';

/** What all calls with one credential to one origin share, whichever client makes them. */
export interface SharedState {
  /** Nobody sends before this moment of the monotonic clock: one call was told to wait, so all do. */
  quietUntilMs: number;
  /** Routes whose answers announced that idempotency keys are honoured. */
  readonly keyedRoutes: Set<string>;
}

/** Everything that a call needs and that does not change between calls. */
export interface Engine {
  readonly origin: string;
  readonly credential: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly policy: RetryPolicy;
  readonly shared: SharedState;
  readonly emit: (event: ClientEvent) => void;
}
