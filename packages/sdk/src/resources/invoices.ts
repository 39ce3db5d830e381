import type { Invoice } from '@openkupe/contract/resources/invoice';
import type { CallOptions, Result } from '../call.ts';
import type { Engine } from '../engine.ts';
import { readOnce } from '../operation.ts';
import { decoderOf } from './decode-resource.ts';
import { apiPath } from './paths.ts';

/** The invoices of one tenant, for reading. */
export interface Invoices {
  /** The newest period first. The running period is in the status of the tenant. */
  list(options?: CallOptions): Promise<Result<Invoice[]>>;
  get(name: string, options?: CallOptions): Promise<Result<Invoice>>;
}

/** The methods for the invoices of one tenant. */
export function createInvoices(engine: Engine, tenant: string): Invoices {
  const path = (...name: string[]) => apiPath('tenants', tenant, 'invoices', ...name);
  const { decode, decodeList } = decoderOf<Invoice>('invoice');
  return {
    async list(options) {
      return readOnce(engine, { route: 'invoices.list', method: 'GET', path: path() }, decodeList, options);
    },
    async get(name, options) {
      return readOnce(engine, { route: 'invoices.get', method: 'GET', path: path(name) }, decode, options);
    },
  };
}
