import type { Random } from '@openkupe/contract';
import type { ApiKeySpec } from '../store/resource.ts';
import type { WriteOf } from '../store/store.ts';
import { newUid } from '../store/writes.ts';
import { hashApiKey, mintApiKey } from './api-key.ts';

/** A key that is about to be: its text, shown once, and the write that stores its hash. */
export interface NewApiKey {
  readonly id: string;
  readonly text: string;
  readonly write: Extract<WriteOf<'api-key'>, { verb: 'create' }>;
}

/** Mints a key for a tenant. Ids are short: a commit that answers `exists` means "make another". */
export function newApiKey(
  dependencies: { readonly random: Random; readonly pepper: Uint8Array },
  tenant: string,
  spec: Omit<ApiKeySpec, 'keyHash' | 'replacedBy' | 'expiresAt'> & { readonly expiresAt?: string | undefined },
): NewApiKey {
  const minted = mintApiKey(dependencies.random);
  const { displayName, role, createdBy, expiresAt, scopes, addressRanges } = spec;
  const limited = { ...(expiresAt ? { expiresAt } : {}), ...(scopes && { scopes }), ...(addressRanges && { addressRanges }) };
  return {
    id: minted.id,
    text: minted.text,
    write: {
      verb: 'create',
      key: { kind: 'api-key', tenant, name: minted.id },
      uid: newUid(dependencies.random),
      spec: { displayName, role, ...limited, createdBy, keyHash: hashApiKey(minted, dependencies.pepper) },
      observed: {},
    },
  };
}
