import type { MemberAdd, MemberPatch } from '@openkupe/contract/resources/member';
import type { Member } from '@openkupe/contract/resources/tenant';
import type { Answer, CallOptions, GuardOptions } from '../call.ts';
import { createWithKey } from '../create/create-with-key.ts';
import type { Engine } from '../engine.ts';
import { guarded, type Operation } from '../operation.ts';
import { patchOnce } from '../update/patch-once.ts';
import { ask, askOnce } from './ask.ts';
import { deleteOnce } from './delete-once.ts';
import { decodeItems, decodeObject } from './exchange-to-answer.ts';
import { apiPath } from './paths.ts';

/** Members are part of their tenant: `ifMatch` takes the ETag of the tenant, which every change of them moves. */
export interface Members {
  list(options?: CallOptions): Promise<Answer<Member[]>>;
  create(body: MemberAdd, options?: GuardOptions): Promise<Answer<Member>>;
  /** Gives a member another role. */
  patch(email: string, patch: MemberPatch, options?: GuardOptions): Promise<Answer<Member>>;
  delete(email: string, options?: GuardOptions): Promise<Answer<undefined>>;
}

/** The members of one tenant. */
export function createMembers(engine: Engine, tenant: string): Members {
  const path = (...email: string[]) => apiPath('tenants', tenant, 'members', ...email);
  const listing = { route: 'members.list', method: 'GET', path: path() } as const;
  const decode = decodeItems<Member>;
  // NOTE: addresses are stored in lower case.
  const find = (members: readonly Member[], email: string) => members.find((member) => member.email === email.toLowerCase());
  return {
    list: (options) => askOnce(engine, listing, decode, options),
    async create(body, { ifMatch, ...options } = {}) {
      const create = guarded({ route: 'members.create', method: 'POST', path: path(), body }, ifMatch);
      return createWithKey(engine, { create, look: listing, decode: decodeObject<Member> }, options);
    },
    async patch(email, body, options) {
      const look = async (operation: Operation) => {
        const { value, ...rest } = await ask(operation, listing, decode);
        const member = find(value, email);
        return member && { ...rest, value: member };
      };
      const target = { path: path(email), writeRoute: 'members.update', decode: decodeObject<Member> };
      return patchOnce(engine, { ...target, body, look }, options);
    },
    async delete(email, options) {
      const step = { route: 'members.delete', method: 'DELETE', path: path(email) } as const;
      return deleteOnce(engine, step, options, async (operation) => !find((await ask(operation, listing, decode)).value, email));
    },
  };
}
