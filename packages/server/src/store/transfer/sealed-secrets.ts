import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from '@openkupe/contract';
import { seal, unseal } from '../../crypto/seal.ts';
import type { SealedSecrets } from './backup-format.ts';
import { TransferError } from './portable-store.ts';

/** The cost of scrypt (RFC 7914): 128 MiB and about half a second for each guess of a passphrase. It belongs to the format. */
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const CONTEXT = 'openkupe backup: secrets of the installation';

const derive = promisify<string, Uint8Array, number, typeof COST, Buffer>(scrypt);

/** Encrypts the text of the secrets under a passphrase. */
export async function sealSecrets(text: string, passphrase: string, random: Random): Promise<SealedSecrets> {
  const salt = random.bytes(SALT_BYTES);
  const key = await derive(passphrase.normalize('NFC'), salt, KEY_BYTES, COST);
  return { salt: Buffer.from(salt).toString('base64url'), sealed: seal(text, CONTEXT, key, random) };
}

/** Reverses {@link sealSecrets}. @throws {TransferError} for another passphrase, or where a byte was changed. */
export async function unsealSecrets({ salt, sealed }: SealedSecrets, passphrase: string): Promise<string> {
  const key = await derive(passphrase.normalize('NFC'), Buffer.from(salt, 'base64url'), KEY_BYTES, COST);
  try {
    return unseal(sealed, CONTEXT, key);
  } catch {
    throw new TransferError('The passphrase is not the one that the backup was made with');
  }
}
