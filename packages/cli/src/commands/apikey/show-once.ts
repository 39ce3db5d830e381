import type { ApiKeyWithSecret } from '@openkupe/contract/resources/api-key';
import type { Context } from '../../command.ts';
import type { NextStep } from '../../failure/failure.ts';
import type { Creation } from '../../idempotency/creation.ts';
import { object, type Result } from '../../output/result.ts';
import { API_KEY_VIEW } from '../../output/views.ts';

/** A key that was made, as the result that shows it once. `next` follows the command that shows it again. */
export function showOnce(value: ApiKeyWithSecret, creation: Creation<unknown>, next: NextStep, context: Context): Result {
  return object(value, API_KEY_VIEW, {
    made: `The API key ${value.id} was created`,
    remedy: `run the same again to see it, or revoke it with "openkupe apikey delete ${value.id}"`,
    next: [creation.again, next],
    async delivered() {
      // NOTE: -o name shows no key, so the record of the create stays, and brings it.
      if (context.format === 'name') return context.note('The key was not shown; run the same again without "-o name" to see it.');
      context.note('Keep the key now; it cannot be shown again.');
      await creation.end();
    },
  });
}
