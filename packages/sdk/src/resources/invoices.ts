import type { Invoice } from '@openkupe/contract/resources/invoice';
import type { Answer, CallOptions } from '../call.ts';
import type { Engine } from '../engine.ts';
import { askOnce } from './ask.ts';
import { decoderOf } from './decode-resource.ts';
import { apiPath } from './paths.ts';

export interface Invoices {
  /** The newest period first. The running period is in the status of the tenant. */
  list(options?: CallOptions): Promise<Answer<Invoice[]>>;
  get(name: string, options?: CallOptions): Promise<Answer<Invoice>>;
}

/** The invoices of one tenant. */
export function createInvoices(engine: Engine, tenant: string): Invoices {
  const path = (...name: string[]) => apiPath('tenants', tenant, 'invoices', ...name);
  const { decode, decodeList } = decoderOf<Invoice>('invoice');
  return {
    async list(options) {
      return askOnce(engine, { route: 'invoices.list', method: 'GET', path: path() }, decodeList, options);
    },
    async get(name, options) {
      return askOnce(engine, { route: 'invoices.get', method: 'GET', path: path(name) }, decode, options);
    },
  };
}
