import type { Secret, SecretCreate, SecretPatch } from '@openkupe/contract/resources/secret';
import type { Engine } from '../engine.ts';
import { type Collection, createCollection } from './collection.ts';
import { decoderOf } from './decode-resource.ts';

/** Definitions of secrets: the path of their values and the clusters these are written to. No method reads or writes a value. */
export interface Secrets extends Collection<Secret, SecretCreate, SecretPatch> {}

/** The methods for the secrets of one tenant. */
export function createSecrets(engine: Engine, tenant: string): Secrets {
  return createCollection(engine, {
    kind: 'secrets',
    tenant,
    ...decoderOf<Secret>('secret'),
    isDeleting: ({ status }) => status.phase === 'Deleting',
  });
}
