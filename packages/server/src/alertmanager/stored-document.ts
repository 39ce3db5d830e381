import type { AlertRoute, Receiver } from '@openkupe/contract';
import { unsealJson } from '../crypto/seal.ts';

/** All that a tenant configured, in clear. */
export interface Document {
  readonly global: Readonly<Record<string, unknown>>;
  /** By name. */
  readonly receivers: readonly Receiver[];
  readonly routes: readonly AlertRoute[];
}

/** What a sealed document is bound to: that of one tenant is of no use in the row of another. */
export const documentContext = (tenant: string): string => `alertmanager:${tenant}`;

/** Decrypts a stored document. @throws {BrokenDataError} */
export const unsealDocument = (sealed: string, tenant: string, key: Uint8Array): Document =>
  unsealJson<Document>(sealed, documentContext(tenant), key, `alertmanager "${tenant}"`);
