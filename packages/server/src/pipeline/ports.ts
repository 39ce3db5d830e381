import type { Clock, Plan, Random } from '@openkupe/contract';
import type { Authenticator } from '../auth/authenticator.ts';
import type { IssuerKeys } from '../auth/issuer-keys.ts';
import type { OidcIssuer } from '../auth/oidc-authenticator.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import type { AnswerCount } from '../http/answer-count.ts';
import type { ForwardingHeader } from '../http/client-address/client-address.ts';
import type { TrustedProxySet } from '../http/client-address/trusted-proxies.ts';
import type { Log } from '../log/log.ts';
import type { AnswerRoom } from '../overload/answer-room.ts';
import type { BodyRoom } from '../overload/body-room.ts';
import type { Overload } from '../overload/overload.ts';
import type { CallerLimits } from '../rate-limit/caller-limits.ts';
import type { Guard } from '../rate-limit/guard.ts';
import type { GuardOperation } from '../rate-limit/guard-operation.ts';
import type { DeletionPace } from '../routes/tenants/deletion-pace.ts';
import type { Lifecycle } from '../start/lifecycle.ts';
import type { DamageReport } from '../store/broken-data.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';

/** Everything a request can touch. Built once, in `compose.ts`. */
export interface Ports {
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly random: Random;
  readonly store: Store;
  readonly guard: Guard & Pick<GuardOperation, 'show'>;
  /** Limits of keys and tenants; absent where the operator has set none. */
  readonly callerLimits?: CallerLimits | undefined;
  readonly overload: Overload;
  /** Room for request bodies that are on their way. */
  readonly bodies: BodyRoom;
  /** Room for long answers that are not read yet. */
  readonly unread: AnswerRoom;
  readonly engine: ClusterEngine;
  readonly authenticator: Authenticator;
  /** The OIDC issuer, as far as its operator wants to know how it stands; absent where none is set. */
  readonly issuerKeys?: Pick<IssuerKeys, 'state' | 'probe'> | undefined;
  /** Whose access tokens are accepted; absent where only API keys are. */
  readonly oidc?: OidcIssuer | undefined;
  /** The plans of a new installation; once the operator has changed them, the store has them. */
  readonly plans: readonly Plan[];
  readonly deletionPace: DeletionPace;
  /** Bytes that the answers kept for one tenant's idempotency keys may take. */
  readonly idempotencyRecordBytesPerTenant: number;
  readonly lifecycle: Lifecycle;
  /** What is stored and cannot be read. */
  readonly damage: DamageReport;
  readonly log: Log;
  /** Counts what is answered, for the metrics. */
  readonly answers: AnswerCount;
  /** Proxies whose forwarding header is believed, as CIDR blocks. */
  readonly trustedProxies: TrustedProxySet;
  readonly forwardingHeader: ForwardingHeader;
  /** For API key hashes. */
  readonly pepper: Uint8Array;
  /** Whether credentials in receivers are hidden from admins too; they always are from readonly callers. */
  readonly masksForEveryone: boolean;
  /** For sealing idempotency records and what holds credentials: 32 bytes. */
  readonly answerKey: Uint8Array;
}
