import type { Clock, Random } from '@openkupe/contract';
import { backoffMs } from '@openkupe/contract/retry/delay';
import type { KubernetesClient, Selection } from './client.ts';
import { isStatus, KubernetesError } from './kubernetes-error.ts';
import type { ApiResource, KubernetesObject } from './kubernetes-object.ts';

/** What is learned of a collection. */
export type CollectionEvent<T extends KubernetesObject> =
  /** Replaces everything that was known. */
  | { readonly type: 'listed'; readonly items: readonly T[]; readonly resourceVersion: string }
  | { readonly type: 'set' | 'removed'; readonly object: T }
  /** A watch is open from the last known version, so that changes arrive. */
  | { readonly type: 'watching' }
  /** Changes do not arrive, until the next `watching`. */
  | { readonly type: 'interrupted' };

/** What following a collection needs. */
export interface FollowPorts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly random: Random;
}

/** Waits between failed attempts: an API server that restarts in 3 seconds is found again within one. */
const BACKOFF = { firstDelayMs: 200, longestDelayMs: 5_000 };
/** Until a kind that the API server does not have is asked for again: a definition of it may be installed. In milliseconds. */
const ABSENT_KIND_MS = 60_000;
/** Newer than every version, so that an empty list of a kind that is not there leaves nothing. */
const ABOVE_ALL = String(Number.MAX_SAFE_INTEGER);
/** A watch that ends sooner has failed. In milliseconds. */
const SHORT_WATCH_MS = 1_000;

/** The version from which a watch was to resume is not there: compacted away, or newer than a store that was restored. */
const isUnknownVersion = (error: unknown): boolean =>
  isStatus(error, 410, 'Expired') ||
  (error instanceof KubernetesError && (error.details.causes ?? []).some(({ reason }) => reason === 'ResourceVersionTooLarge'));

/**
 * Lists a collection and follows it until the signal aborts, in the way of client-go's reflector: resumes from the last version after a closed
 * connection or an ERROR event (bookmarks move it), lists again after 410, and waits with backoff in between. A kind that the API server does not
 * have is an empty collection. Never throws.
 */
export async function* follow<T extends KubernetesObject>(
  { client, clock, random }: FollowPorts,
  resource: ApiResource,
  selection: Selection & { readonly signal: AbortSignal },
): AsyncGenerator<CollectionEvent<T>> {
  const { signal } = selection;
  let version: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    const beganMs = clock.monotonic();
    try {
      if (version === undefined) {
        const { items, resourceVersion } = await client.list<T>(resource, selection);
        yield { type: 'listed', items, resourceVersion };
        version = resourceVersion;
      }
      const events: AsyncIterable<{ type: string; object: T }> = await client.watch<T>(resource, {
        ...selection,
        resourceVersion: version,
      });
      yield { type: 'watching' };
      for await (const { type, object } of events) {
        version = object.metadata.resourceVersion ?? version;
        failures = 0;
        if (type !== 'BOOKMARK') yield { type: type === 'DELETED' ? 'removed' : 'set', object };
      }
      failures = clock.monotonic() - beganMs < SHORT_WATCH_MS ? failures + 1 : 0;
    } catch (error) {
      if (signal.aborted) return;
      if (isStatus(error, 404)) {
        // NOTE: there can be no object of a kind that is not there, which is the whole truth about it.
        version = undefined;
        yield { type: 'listed', items: [], resourceVersion: ABOVE_ALL };
        yield { type: 'watching' };
        await clock.sleep(ABSENT_KIND_MS, signal).catch(() => {});
        continue;
      }
      if (isUnknownVersion(error)) version = undefined;
      failures += 1;
      yield { type: 'interrupted' };
    }
    if (failures > 0) await clock.sleep(backoffMs(failures, BACKOFF, random.unit()), signal).catch(() => {});
  }
}
