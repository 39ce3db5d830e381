import { createHmac } from 'node:crypto';
import type { Random } from '@openkupe/contract';

const PREFIX = 'whsec_';
/** "Between 24 bytes (192 bits) and 64 bytes (512 bits)" (Standard Webhooks, Signature scheme). */
const SECRET_BYTES = 32;

/** A secret as Standard Webhooks writes it: `whsec_` and base64. */
export const newWebhookSecret = (random: Random): string => PREFIX + Buffer.from(random.bytes(SECRET_BYTES)).toString('base64');

function signature(secret: string, signed: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

/**
 * The headers of a message by Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 over id, timestamp and body, once with
 * each secret. `nowMs`: of this attempt, epoch milliseconds; the id is the same for every attempt.
 */
export function signedHeaders(secrets: readonly string[], id: string, nowMs: number, body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(secret, `${id}.${timestamp}.${body}`)).join(' '),
  };
}
