import type { Document } from './stored-document.ts';

/** What a tenant wants of Alertmanager, and what is known of it. */
export interface TenantDocument {
  readonly tenant: string;
  /** What is stored now. */
  readonly wanted: Document;
  /** The one that was taken last; the same as `wanted` where nothing changed since. It stays in force while `wanted` is refused. */
  readonly taken?: Document | undefined;
  /** That `wanted` was refused before, and by which release of Alertmanager: another one is asked again. */
  readonly refused?: { readonly by: string; readonly message: string } | undefined;
}

/** Why a document was refused, for its tenant, and whether the one that was taken before is still in force. */
export interface DocumentRefusal {
  readonly message: string;
  readonly isFormerKept: boolean;
}

/** What became of a delivery. */
export type DeliveryResult =
  /** All of them are in force but those that were refused, by tenant. `version` is the release of Alertmanager. */
  | { readonly outcome: 'taken'; readonly version: string; readonly refusals: ReadonlyMap<string, DocumentRefusal> }
  /** Nothing is known to be in force. `message` is for tenants and says nothing about the network; `detail` is for the log. */
  | { readonly outcome: 'unavailable'; readonly message: string; readonly detail: string };

/**
 * The port to what sends the notifications: an Alertmanager or something like it. The alerts of a tenant are those with the label
 * `openkupe_tenant`; whatever a document says, it is about these alone, and one that is refused affects no other tenant.
 */
export interface AlertmanagerTarget {
  /**
   * Brings these documents into force, and takes all others out of it. Repeating it with the same documents only finds out whether they still
   * are. Gives up when the signal aborts, between two steps.
   */
  deliver(documents: readonly TenantDocument[], signal: AbortSignal): Promise<DeliveryResult>;
}

/** The label of alerts that says whose they are. What sends alerts sets it; no tenant may. */
export const TENANT_LABEL = 'openkupe_tenant';
