import { hasScope } from '@openkupe/contract';
import type { Principal } from '../../auth/principal.ts';
import { Refusal } from '../../errors/refusal.ts';

/**
 * Refuses with 403 a webhook that would bring its caller more than a stream of events shows it: a key with scopes needs `events:read`, and
 * for events of API keys `api-keys:read`.
 */
export function refuseUnreadable({ restriction }: Principal, events: readonly string[] | null | undefined): void {
  const isAboutKeys = !events || events.some((one) => /^(api-key|\*)\./.test(one));
  const missing = ['events:read', ...(isAboutKeys ? ['api-keys:read'] : [])].find((scope) => !hasScope(restriction?.scopes, scope));
  if (missing === undefined) return;
  throw new Refusal(403, `A webhook for these events needs the scope "${missing}", too; name other events, or use a key with that scope`, {
    code: 'more-than-own',
  });
}
