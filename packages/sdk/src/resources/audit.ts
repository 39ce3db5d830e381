import type { AuditRecord } from '@openkupe/contract/resources/audit';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { decodeItems } from '../to-result.ts';
import { createListing } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** Which rows of the audit are read; all that are given have to fit. */
export interface AuditFilter {
  /** An API key id, an e-mail address, or `operator:` and a name. */
  readonly actor?: string | undefined;
  /** Such as `clusters.update`; `clusters.` stands for all of them. */
  readonly action?: string | undefined;
  /** Such as `clusters/production`. */
  readonly target?: string | undefined;
  /** At or after this moment, RFC 3339 in UTC. */
  readonly since?: string | undefined;
  /** Before this moment. */
  readonly until?: string | undefined;
}

/** Who changed what in one tenant, when, from where, and which fields moved. For admins. */
export interface Audit {
  /**
   * The rows, newest first, page by page. A page may have fewer rows than its `limit`, even none, before the last one.
   *
   * @example
   * for await (const { value } of client.audit.pages({ action: 'clusters.' })) console.log(value.length);
   */
  pages(options?: CallOptions & AuditFilter & { readonly limit?: number }): AsyncGenerator<Result<AuditRecord[]>, void>;
}

/** The methods for the audit of one tenant. */
export function createAudit(engine: Engine, tenant: string): Audit {
  const call = { route: 'audit.read', method: 'GET', path: apiPath('tenants', tenant, 'audit') } as const;
  const { pages } = createListing<AuditRecord, AuditFilter>(engine, call, decodeItems<AuditRecord>);
  return { pages };
}
