import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Random } from '@openkupe/contract';
import { BrokenDataError } from '../store/broken-data.ts';

/** AES-256-GCM with a fresh 96-bit nonce (NIST SP 800-38D); `context` is authenticated, so a sealed text works only where it belongs. */
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts `plain` under a 32-byte key: base64url of nonce, tag and ciphertext. */
export function seal(plain: string, context: string, key: Uint8Array, random: Random): string {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
}

/** Reverses {@link seal}. Throws when the key, the context or a byte differs. */
export function unseal(sealed: string, context: string, key: Uint8Array): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
}

/** {@link unseal} and parse. @throws {BrokenDataError} that names `what`. */
export function unsealJson<T>(sealed: string, context: string, key: Uint8Array, what: string): T {
  try {
    return JSON.parse(unseal(sealed, context, key)) as T;
  } catch (error) {
    throw new BrokenDataError(what, 'it was not sealed with the secrets of this installation, or was changed since', error);
  }
}
