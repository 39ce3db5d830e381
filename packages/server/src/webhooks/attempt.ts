import type { Clock } from '@openkupe/contract';
import { reasonOf } from '../outgoing/bounded-fetch.ts';
import { boundedPost } from '../outgoing/bounded-post.ts';
import type { ResolveHost } from '../outgoing/resolve-host.ts';
import type { Resource } from '../store/resource.ts';
import type { Message } from './message.ts';
import type { AttemptResult } from './record-attempt.ts';
import { signingSecrets } from './secrets.ts';
import { signedHeaders } from './sign.ts';

/** What an attempt needs. */
export interface AttemptPorts {
  readonly clock: Clock;
  /** For unsealing secrets: 32 bytes. */
  readonly answerKey: Uint8Array;
  /** Whether webhooks may use http and lead to internal addresses. */
  readonly mayBeInternal: boolean;
  readonly resolve: ResolveHost;
}

/** An attempt may take this long, with the search for the address, connection and answer. */
export const ATTEMPT_MS = 10_000;
const MOST_ERROR_LENGTH = 120;

/** Sends a message once. Rejects when `stopping` aborts, and where the secrets cannot be read; every other failure is a result. */
export async function attemptDelivery(
  webhook: Resource<'webhook'>,
  message: Message,
  { clock, answerKey, mayBeInternal, resolve }: AttemptPorts,
  stopping: AbortSignal,
): Promise<AttemptResult> {
  const at = clock.now();
  const startedMs = clock.monotonic();
  const secrets = signingSecrets(webhook.spec, webhook, answerKey, at);
  const [ended, tooLong] = [new AbortController(), new AbortController()];
  clock.sleep(ATTEMPT_MS, ended.signal).then(
    () => tooLong.abort(new Error(`no answer within ${ATTEMPT_MS / 1_000} s`)),
    () => {},
  );
  try {
    const answer = await boundedPost({
      url: new URL(webhook.spec.url),
      headers: { 'content-type': 'application/json', 'user-agent': 'openkupe', ...signedHeaders(secrets, message.id, at, message.body) },
      body: Buffer.from(message.body),
      signal: AbortSignal.any([tooLong.signal, stopping]),
      mayBeInternal,
      resolve,
    });
    return { at, durationMs: Math.round(clock.monotonic() - startedMs), ...answer };
  } catch (error) {
    stopping.throwIfAborted();
    const reason = tooLong.signal.aborted ? tooLong.signal.reason.message : reasonOf(error);
    return { at, durationMs: Math.round(clock.monotonic() - startedMs), error: String(reason).slice(0, MOST_ERROR_LENGTH) };
  } finally {
    ended.abort('ended');
  }
}
