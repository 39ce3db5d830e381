import { timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Random } from '@openkupe/contract';
import { prepareHmacSha256 } from '../crypto/hmac-sha256.ts';

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
  return prepareHmacSha256(pepper)(key.text).toString('hex');
}

const HASH_BYTES = 32;
const NO_HASH = '0'.repeat(2 * HASH_BYTES);

/** Whether a keyed hash is the one that is stored. Constant time; an absent one costs the same and never matches. */
export function isStoredHash(computed: Buffer, stored: string | undefined): boolean {
  const bytes = Buffer.from(stored ?? NO_HASH, 'hex');
  return bytes.length === HASH_BYTES && timingSafeEqual(computed, bytes) && stored !== undefined;
}
