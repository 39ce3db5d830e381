import type { Clock, Random } from '@openkupe/contract';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { TokenReviewAccess } from '../token-review-access.ts';
import type { ClusterApiSettings } from './cluster-api-settings.ts';

/** What the engine runs on. */
export interface ClusterApiDependencies {
  /** The management cluster: the one that Cluster API runs in. */
  readonly host: KubernetesClient;
  readonly settings: ClusterApiSettings;
  readonly clock: Clock;
  readonly random: Random;
  /** What fills the variables from `tokenWebhook` and `accessWebhook`. */
  readonly tokenReview: TokenReviewAccess;
}
