import { type ApiKey, formatTime } from '@openkupe/contract';
import type { Resource } from '../../store/resource.ts';

/** A stored API key as the API shows it: never the key, never its hash. */
export function renderApiKey(key: Resource<'api-key'>): ApiKey {
  const { spec, observed } = key;
  return {
    id: key.name,
    displayName: spec.displayName,
    role: spec.role,
    ...(spec.expiresAt ? { expiresAt: spec.expiresAt } : {}),
    ...(spec.scopes && { scopes: [...spec.scopes] }),
    ...(spec.addressRanges && { addressRanges: [...spec.addressRanges] }),
    createdBy: spec.createdBy,
    createdAt: formatTime(key.createdAt),
    ...(spec.replacedBy ? { replacedBy: spec.replacedBy.id, overlapEndsAt: formatTime(spec.replacedBy.endsAt) } : {}),
    ...(observed.lastUsedAt === undefined ? {} : { lastUsedAt: formatTime(observed.lastUsedAt) }),
    ...(observed.lastUsedFrom === undefined ? {} : { lastUsedFrom: observed.lastUsedFrom }),
  };
}
