import { SECRET_PHASES, Secret, SecretCreate, SecretList, SecretPatch } from '../resources/secret.ts';
import { NAME_PREFIX, oneWordOf, PAGE_QUERY } from './query.ts';
import type { Route } from './route.ts';

const COLLECTION = '/api/v1/tenants/{tenant}/secrets';
const ONE = `${COLLECTION}/{name}`;

/** Definitions of secrets. No route reads or writes a value: values live in the secrets backend. */
export const SECRET_ROUTES = [
  {
    id: 'secrets.list',
    method: 'GET',
    path: COLLECTION,
    summary: 'List the secrets of a tenant, by name.',
    access: 'readonly',
    query: { ...PAGE_QUERY, namePrefix: NAME_PREFIX, phase: oneWordOf(SECRET_PHASES, 'Only secrets in this phase.') },
    success: { status: 200, body: SecretList, etag: true },
    refusals: [],
  },
  {
    id: 'secrets.create',
    method: 'POST',
    path: COLLECTION,
    summary: 'Define a secret. Its values are brought to the targets after the answer: watch status.phase.',
    access: 'admin',
    body: SecretCreate,
    example: { name: 'one', secretPath: 'services/database/credentials', sync: [{ cluster: 'production', namespace: 'default' }] },
    success: { status: 201, body: Secret, etag: true },
    refusals: [404, 409],
  },
  {
    id: 'secrets.get',
    method: 'GET',
    path: ONE,
    summary: 'Read a secret definition and its ETag.',
    access: 'readonly',
    success: { status: 200, body: Secret, etag: true },
    refusals: [404],
  },
  {
    id: 'secrets.update',
    method: 'PATCH',
    path: ONE,
    summary: 'Replace the targets.',
    access: 'admin',
    guardedBy: 'secret',
    body: SecretPatch,
    example: { sync: [{ cluster: 'production', namespace: 'default', secretName: 'database' }] },
    success: { status: 200, body: Secret, etag: true },
    refusals: [404, 409, 412],
  },
  {
    id: 'secrets.delete',
    method: 'DELETE',
    path: ONE,
    summary: 'Delete a secret. What was brought to clusters is removed after the answer; the values in the secrets backend stay.',
    access: 'admin',
    guardedBy: 'secret',
    success: { status: 204, etag: false },
    refusals: [404, 412],
  },
] as const satisfies readonly Route[];
