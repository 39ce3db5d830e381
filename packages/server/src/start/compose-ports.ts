import { ADDRESS_RATE_LIMIT, type Clock, DEFAULT_PLANS, LIMITS } from '@openkupe/contract';
import type { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import type { Config } from '../config/config.ts';
import { createReconcileCounters, type ReconcileCounters } from '../counters/reconcile-counters.ts';
import { createRequestCounters, type RequestCounters } from '../counters/request-counters.ts';
import type { WriteCounters } from '../counters/write-counters.ts';
import type { ClusterEngine } from '../engines/engine.ts';
import { createEventHub } from '../events/event-hub.ts';
import { createStreamSlots } from '../events/stream-slots.ts';
import type { HttpDependencies } from '../http/http-server.ts';
import { type AnswerCount, createAnswerCount } from '../http/send-reply.ts';
import { createOverload } from '../overload/overload.ts';
import { createUnreadAnswers, type UnreadAnswers } from '../overload/unread-answers.ts';
import { createUploadLimit, type UploadLimits } from '../overload/upload-limit.ts';
import { createLifecycle, type Lifecycle } from '../pipeline/pass-overload.ts';
import type { PipelineDependencies } from '../pipeline/pipeline.ts';
import type { AddressRateLimit } from '../rate-limit/address-limit.ts';
import type { CallerLimits } from '../rate-limit/caller-limits.ts';
import { createStepExplanation } from '../reconciler/clusters/explain-step.ts';
import type { HandlerDependencies } from '../routes/define-handler.ts';
import { createHandlers } from '../routes/index.ts';
import { createDeletionPace } from '../routes/tenants/deletion-pace.ts';
import type { DamageReport } from '../store/broken-data.ts';
import { createKeyedMutex } from '../store/keyed-mutex.ts';
import type { Store } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import { createClusterCredentials } from '../token-review/cluster-credentials.ts';
import { createReviewPages } from '../token-review/review-pages.ts';
import type { Access } from './compose-access.ts';
import type { Data, Machine } from './compose-data.ts';

/** What the public side is made of: each part knows only what it uses of it. */
export interface Ports extends PipelineDependencies, HandlerDependencies, HttpDependencies {
  readonly clock: Clock;
  readonly confirmedTime: ConfirmedTime;
  readonly store: Store;
  readonly engine: ClusterEngine;
  readonly addressLimit: AddressRateLimit;
  readonly authBackoff: AuthBackoff;
  readonly callerLimits?: CallerLimits | undefined;
  readonly unread: UnreadAnswers;
  readonly lifecycle: Lifecycle;
  readonly damage: DamageReport;
  readonly answers: AnswerCount;
  readonly requests: RequestCounters;
  readonly reconciles: ReconcileCounters;
  readonly writes: WriteCounters;
}

/** A burst that the address limit allows finds room here, too, as long as it does not dawdle. */
function uploadLimits(burst: number): UploadLimits {
  const { bodyBytesPerAddress: bytes, bodyBytesTogether: totalBytes, requestTimeoutMs: longestMs } = LIMITS;
  return { uploads: Math.max(ADDRESS_RATE_LIMIT.burst, burst), bytes, totalBytes, longestMs };
}

/** Gives each part of the public side what it uses. */
export function composePorts(config: Config, { clock, random }: Machine, data: Data, access: Access, engine: ClusterEngine): Ports {
  const { secrets, folder: _folder, localValues: _localValues, beginTerm: _beginTerm, ...opened } = data;
  const { trustedProxies, forwardingHeader, idempotencyRecordBytesPerTenant, oidc } = config;
  const parts = {
    ...opened,
    ...access,
    clock,
    random,
    engine,
    idempotencyRecordBytesPerTenant,
    lifecycle: createLifecycle(),
    answers: createAnswerCount(),
    requests: createRequestCounters(),
    reconciles: createReconcileCounters(),
    explainStep: createStepExplanation({ engine, clock }),
    contended: createKeyedMutex(),
    eventHub: createEventHub({ store: opened.store, clock, log: opened.log }),
    streamSlots: createStreamSlots(Math.floor(config.connections.together * LIMITS.streamsShare)),
    overload: createOverload({ clock }),
    unread: createUnreadAnswers({
      limits: { bytes: LIMITS.unreadBytesPerAddress, totalBytes: LIMITS.unreadBytesTogether },
      trustedProxies,
    }),
    uploads: createUploadLimit({ clock, limits: uploadLimits(config.rateLimit.burst) }),
    oidc,
    plans: DEFAULT_PLANS,
    deletionPace: createDeletionPace({ ...opened, random }),
    trustedProxies,
    forwardingHeader,
    pepper: secrets.pepper,
    answerKey: secrets.answerKey,
    deliversAlerts: config.alertmanager !== undefined,
    masksForEveryone: config.masks === 'everyone',
    allowsInternalWebhooks: config.allowsInternalWebhooks,
  };
  const reviewPages = createReviewPages({ ...parts, clusterCredentials: createClusterCredentials(secrets.pepper) });
  return { ...parts, reviewPages, handlers: createHandlers(parts) };
}
