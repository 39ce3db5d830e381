import type { Invoice } from '@openkupe/contract/resources/invoice';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decoderOf } from './decode-resource.ts';
import { createListing, type Listing } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** The invoices of one tenant, for reading: the newest period first. The running period is in the status of the tenant. */
export interface Invoices extends Listing<Invoice, { readonly phase?: string | undefined }> {
  get(name: string, options?: CallOptions): Promise<Result<Invoice>>;
}

/** The methods for the invoices of one tenant. */
export function createInvoices(engine: Engine, tenant: string): Invoices {
  const path = (...name: string[]) => apiPath('tenants', tenant, 'invoices', ...name);
  const { decode, decodeList } = decoderOf<Invoice>('invoice');
  return {
    ...createListing(engine, { route: 'invoices.list', method: 'GET', path: path() }, decodeList),
    async get(name, options) {
      return readOnce(engine, { route: 'invoices.get', method: 'GET', path: path(name) }, decode, options);
    },
  };
}
