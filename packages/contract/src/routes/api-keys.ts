import { ApiKey, ApiKeyCreate, ApiKeyList, ApiKeyPatch, ApiKeyRotate, ApiKeyWithSecret } from '../resources/api-key.ts';
import { PAGE_QUERY } from './query.ts';
import type { Route } from './route.ts';

const COLLECTION = '/api/v1/tenants/{tenant}/apikeys';

/** The routes of API keys. */
export const API_KEY_ROUTES = [
  {
    id: 'api-keys.list',
    method: 'GET',
    path: COLLECTION,
    summary: 'List the API keys of a tenant, without the keys themselves.',
    access: 'admin',
    query: PAGE_QUERY,
    success: { status: 200, body: ApiKeyList, etag: true },
    refusals: [],
  },
  {
    id: 'api-keys.create',
    method: 'POST',
    path: COLLECTION,
    summary: 'Create an API key. The key is in this answer and in no other.',
    access: 'admin',
    body: ApiKeyCreate,
    example: { displayName: 'ci', role: 'readonly' },
    success: { status: 201, body: ApiKeyWithSecret, etag: false },
    refusals: [404, 409],
  },
  {
    id: 'api-keys.get',
    method: 'GET',
    path: `${COLLECTION}/{id}`,
    summary: 'Read an API key, without the key itself, and its ETag.',
    access: 'admin',
    success: { status: 200, body: ApiKey, etag: true },
    refusals: [404],
  },
  {
    id: 'api-keys.update',
    method: 'PATCH',
    path: `${COLLECTION}/{id}`,
    summary: 'Change what an API key may do and from where it is accepted, from its next request on.',
    access: 'admin',
    body: ApiKeyPatch,
    example: { scopes: ['clusters:read'], addressRanges: ['203.0.113.0/24'] },
    guardedBy: 'api-key',
    success: { status: 200, body: ApiKey, etag: true },
    refusals: [404, 412],
  },
  {
    id: 'api-keys.delete',
    method: 'DELETE',
    path: `${COLLECTION}/{id}`,
    summary: 'Revoke an API key at once.',
    access: 'admin',
    success: { status: 204, etag: false },
    refusals: [404],
  },
  {
    id: 'api-keys.rotate',
    method: 'POST',
    path: `${COLLECTION}/{id}/rotate`,
    summary: 'Replace an API key by a new one that may do the same. The old one works until the overlap ends.',
    access: 'admin',
    verb: 'update',
    body: ApiKeyRotate,
    example: { overlapSeconds: 3_600 },
    success: { status: 201, body: ApiKeyWithSecret, etag: false },
    refusals: [404, 409],
  },
] as const satisfies readonly Route[];
