import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Random } from '@openkupe/contract';

/**
 * API keys: `kupe_<id>_<secret><checksum>`. The id finds the stored hash, the secret proves possession, the checksum tells a typo or
 * garbage from a key without a look-up. Only an HMAC-SHA-256 of the whole text under the installation's pepper is stored.
 */
export interface ApiKeyText {
  /** `ak-` and the id part. */
  readonly id: string;
  readonly text: string;
}

const ID_BYTES = 4;
const SECRET_BYTES = 32;
const PATTERN = /^kupe_([0-9a-f]{8})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

const checksum = (text: string) => crc32(text).toString(16).padStart(8, '0');

/** Makes a new key. 32 random bytes of secret; the id's 4 bytes may collide, so the store's answer `exists` means "make another". */
export function mintApiKey(random: Random): ApiKeyText {
  const id = Buffer.from(random.bytes(ID_BYTES)).toString('hex');
  const body = `kupe_${id}_${Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')}`;
  return { id: `ak-${id}`, text: body + checksum(body) };
}

/** Reads a key's form: `undefined` for anything that was never a key of ours. */
export function parseApiKey(text: string): ApiKeyText | undefined {
  const found = PATTERN.exec(text);
  if (!found || checksum(text.slice(0, -8)) !== found[3]) return undefined;
  return { id: `ak-${found[1]}`, text };
}

/** The keyed hash that is stored, hexadecimal. */
export function hashApiKey(key: ApiKeyText, pepper: Uint8Array): string {
  return createHmac('sha256', pepper).update(key.text).digest('hex');
}

/** Compares two hashes in constant time; an absent stored hash costs the same and never matches. */
export function isSameHash(computed: string, stored: string | undefined): boolean {
  const left = Buffer.from(computed, 'hex');
  const right = Buffer.from(stored ?? '0'.repeat(computed.length), 'hex');
  return timingSafeEqual(left, right) && stored !== undefined;
}
