import type { MemberAdd, MemberPatch } from '@openkupe/contract/resources/member';
import type { Member } from '@openkupe/contract/resources/tenant';
import type { ApiCall, Result, WriteOptions } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import type { Operation } from '../operation.ts';
import { decodeItems, decodeObject } from '../to-result.ts';
import { patchOnce } from '../update/patch-once.ts';
import { deleteOnce } from './delete-once.ts';
import { createListing, type Listing } from './list-pages.ts';
import { apiPath } from './paths.ts';

/** Members are part of their tenant: `ifMatch` takes the ETag of the tenant, which every change of them moves. */
export interface Members extends Listing<Member> {
  create(body: MemberAdd, options?: WriteOptions): Promise<Result<Member>>;
  /** Gives a member another role. */
  patch(email: string, patch: MemberPatch, options?: WriteOptions): Promise<Result<Member>>;
  delete(email: string, options?: WriteOptions): Promise<Result<undefined>>;
}

/** The methods for the members of one tenant. */
export function createMembers(engine: Engine, tenant: string): Members {
  const path = (...email: string[]) => apiPath('tenants', tenant, 'members', ...email);
  const listing: ApiCall = { route: 'members.list', method: 'GET', path: path() };
  const decode = decodeItems<Member>;
  // NOTE: addresses are stored in lower case.
  const find = (members: readonly Member[], email: string) => members.find((member) => member.email === email.toLowerCase());
  return {
    ...createListing(engine, listing, decode),
    async create(body, { ifMatch, ...options } = {}) {
      const create: ApiCall = { route: 'members.create', method: 'POST', path: path(), body, ifMatch };
      return createWithKey(engine, { create, reading: listing, decode: decodeObject<Member> }, options);
    },
    async patch(email, body, options) {
      const findMember = async (operation: Operation) => {
        const { value, ...rest } = await operation.request(listing, decode);
        const member = find(value, email);
        return member && { ...rest, value: member };
      };
      const target = { path: path(email), writeRoute: 'members.update', decode: decodeObject<Member> };
      return patchOnce(engine, { ...target, body, find: findMember }, options);
    },
    async delete(email, options) {
      const step = { route: 'members.delete', method: 'DELETE', path: path(email) } as const;
      return deleteOnce(engine, step, options, async (operation) => !find((await operation.request(listing, decode)).value, email));
    },
  };
}
