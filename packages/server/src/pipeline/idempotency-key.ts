import { createHash, createHmac } from 'node:crypto';
import { LIMITS, type Route } from '@openkupe/contract';
import type { Principal } from '../auth/principal.ts';
import { invalidRequest } from '../errors/refusal.ts';
import type { IncomingRequest } from './exchange.ts';

/** An `Idempotency-Key` in its place: nobody else's key can meet it, and another body under it is noticed. */
export interface IdempotencyKey {
  readonly scope: string;
  readonly fingerprint: string;
}

/** The same text for bodies that differ only in the order of their fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}

/**
 * Reads the `Idempotency-Key` of a write (draft-ietf-httpapi-idempotency-key-header-07: a quoted string; bare text is accepted too).
 * Its scope is the credential, the method, the path and the key, under the installation's secret.
 */
export function idempotencyKey(
  request: IncomingRequest,
  route: Route,
  body: unknown,
  principal: Principal,
  secret: Uint8Array,
): IdempotencyKey | undefined {
  const sent = request.headers['idempotency-key'];
  if (sent === undefined || route.method === 'GET') return undefined;
  const key = /^"(.*)"$/.exec(sent.trim())?.[1] ?? sent.trim();
  if (key === '' || key.length > LIMITS.idempotencyKeyLength || !/^[\x21-\x7e]+$/.test(key)) {
    throw invalidRequest(`Idempotency-Key must be 1 to ${LIMITS.idempotencyKeyLength} visible ASCII characters; send for example a UUID`);
  }
  const path = request.target.split('?', 1)[0];
  const parts = [principal.tenant, principal.actor, route.method, path, key, request.headers['if-match'] ?? ''];
  return {
    scope: createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url'),
    fingerprint: createHash('sha256').update(canonical(body)).digest('base64url'),
  };
}
