import { createManualClock } from '@openkupe/contract/testing/manual-clock';
import { expect, it } from 'vitest';
import { createSecretStore } from '../engines/sandbox/secret-store.ts';
import { roleInTenant } from './role-in-tenant.ts';
import type { Verification } from './verify-credential.ts';

const identity = {
  kind: 'api-key',
  actor: 'ak-1',
  email: '',
  isEmailVerified: false,
  roles: new Map([['acme', 'admin']] as const),
} as const;

it.each<[Verification, string, number, string]>([
  [{ outcome: 'identified', identity }, 'acme', 404, 'NotFound'],
  [{ outcome: 'identified', identity }, 'other', 403, 'Forbidden'],
  [{ outcome: 'invalid' }, 'acme', 401, 'Unauthorized'],
  [{ outcome: 'unavailable', message: 'away' }, 'acme', 503, 'ServiceUnavailable'],
])('%j in the tenant %s is a %d at a cluster’s endpoint', async (verification, tenant, status, reason) => {
  const secrets = createSecretStore({
    clock: createManualClock(),
    checkToken: async (_token, of) => roleInTenant(verification, of, { get: async () => undefined }),
  });
  const request = { path: '/api/v1/namespaces/web/secrets/one', authorization: 'Bearer token', address: '192.0.2.1' };
  const answer = await secrets.handleRead({ uid: 'u', tenant }, request);
  expect(answer).toMatchObject({ status, body: { kind: 'Status', reason } });
  expect(answer?.headers?.['retry-after'] !== undefined).toBe(status === 503);
});
