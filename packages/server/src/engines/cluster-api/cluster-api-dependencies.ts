import type { Clock } from '@openkupe/contract';
import type { HostClient } from '../kubernetes/follow-clusters.ts';
import type { TokenReviewAccess } from '../token-review-access.ts';
import type { ClusterApiSettings } from './cluster-api-settings.ts';

/** What the engine runs on. */
export interface ClusterApiDependencies {
  /** The management cluster: the one that Cluster API runs in. */
  readonly host: HostClient;
  readonly settings: ClusterApiSettings;
  readonly clock: Clock;
  /** What fills the variables from `tokenWebhook` and `accessWebhook`. */
  readonly tokenReview: TokenReviewAccess;
}
