import type { Clock } from '@openkupe/contract/clock';
import type { Random } from '@openkupe/contract/random';
import type { RetryPolicy } from '@openkupe/contract/retry/policy';
import type { ClientEvent } from './events.ts';
import type { SharedState } from './shared-state.ts';
import type { startSpan } from './telemetry/open-telemetry.ts';
import type { Transport } from './transport/transport.ts';

/** The dependencies of every call of one client. They do not change between calls. */
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
  /** Begins the span of a request; without it there are none. */
  readonly startSpan?: typeof startSpan;
}
