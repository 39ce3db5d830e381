import { invalidField } from '../../errors/refusal.ts';
import type { ApiKeySpec } from '../../store/resource.ts';
import { afterWrite, keyOf, updateIf } from '../../store/writes.ts';
import { defineHandler } from '../define-handler.ts';
import { loadApiKey } from '../load.ts';
import { checkLimits, refuseMoreThanOwn } from './check-limits.ts';
import { renderApiKey } from './render-api-key.ts';

/** Holds for the next request that comes with the key: authentication compares its row for every request. */
export const updateApiKey = defineHandler('api-keys.update', {
  async load(call, { store }) {
    const key = await loadApiKey(store, call.params.tenant, call.params.id);
    return { key, precondition: key };
  },
  decide(call, { key }) {
    const { displayName = key.spec.displayName, scopes = key.spec.scopes, addressRanges = key.spec.addressRanges } = call.body;
    if (displayName.trim() === '') throw invalidField('displayName', 'displayName must not be blank');
    const { scopes: _scopes, addressRanges: _ranges, ...rest } = key.spec;
    const spec: ApiKeySpec = { ...rest, displayName, ...(scopes && { scopes }), ...(addressRanges && { addressRanges }) };
    checkLimits({ scopes: call.body.scopes ?? [], addressRanges: call.body.addressRanges ?? [] }, spec.role);
    refuseMoreThanOwn(call.principal, key.spec);
    refuseMoreThanOwn(call.principal, spec);
    const write = updateIf(key, spec);
    const updated = afterWrite(write, call.now, key);
    return {
      target: `apikeys/${key.name}`,
      writes: [write],
      events: [{ key: keyOf(key), type: 'changed', message: `API key ${key.name} was changed` }],
      answer: { body: renderApiKey(updated), tagged: updated },
    };
  },
});
