import type { ApiKeyWithSecret, Role } from '@openkupe/contract';
import { expect, onTestFinished } from 'vitest';
import type { Client } from './client.ts';
import { newName } from './clusters.ts';
import { isExistingServer } from './server-under-test.ts';

/** Issues an API key. On a server that stays, it is revoked when the test has finished. */
export async function issueKey(
  client: Client,
  role: Role,
  fields: { displayName?: string; expiresAt?: string } = {},
): Promise<ApiKeyWithSecret> {
  const answer = await client.call<ApiKeyWithSecret>('POST', './apikeys', { body: { displayName: newName('key'), role, ...fields } });
  expect(answer.status, answer.text.replace(/kupe_\S+/g, 'kupe_…')).toBe(201);
  if (isExistingServer) onTestFinished(async () => void (await client.call('DELETE', `./apikeys/${answer.body.id}`)));
  return answer.body;
}
