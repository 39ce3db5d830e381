import { createHash, createHmac } from 'node:crypto';
import { formatRetryAfter, LIMITS, type Random, ROUTES, type Route, SUGGESTED_WAITS } from '@openkupe/contract';
import type { Principal } from '../auth/principal.ts';
import { seal, unsealJson } from '../crypto/seal.ts';
import { invalidRequest, Refusal } from '../errors/refusal.ts';
import type { Resource } from '../store/resource.ts';
import type { IdempotencyRecord, NewIdempotencyRecord } from '../store/store.ts';
import type { ConfirmedTime } from '../time/confirmed-time.ts';
import type { IncomingRequest } from './exchange.ts';
import type { Answer, Call } from './handler.ts';
import { atRevision } from './serialise.ts';

/** An `Idempotency-Key` where it counts: another caller's key never meets it, and another body under it is noticed. */
export interface IdempotencyKey {
  /** HMAC of tenant, credential, method, path, key and `If-Match`. */
  readonly scope: string;
  /** Hash of the body, whatever the order of its fields. */
  readonly fingerprint: string;
}

/** The GET whose answer shows what a write answered. */
export interface ReadAgain {
  readonly routeId: string;
  readonly params: Call['params'];
}

/** What the record of a change holds: its answer, or for a long one the GET that reads it again, so that large answers do not fill the disk. */
export type Recorded =
  | { readonly answer: Answer }
  | { readonly readAgain: ReadAgain }
  /** Written under schema version 4 or before: the reply itself. */
  | { readonly headers: Readonly<Record<string, string>>; readonly body?: string };

/** The same text for bodies that differ only in the order of their fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
}

/** Who sent an `Idempotency-Key`, and in which tenant; absent on a route of none. */
interface IdempotencyCaller {
  readonly principal: Pick<Principal, 'kind' | 'tenant' | 'actor'>;
  readonly tenant?: Pick<Resource<'tenant'>, 'uid'> | undefined;
}

/** Reads an `Idempotency-Key` as it was `sent` (draft-ietf-httpapi-idempotency-key-header-07: a quoted string; bare text is accepted too). */
export function readIdempotencyKey(
  sent: string,
  { method, target, headers }: Pick<IncomingRequest, 'method' | 'target' | 'headers'>,
  { body, principal, tenant }: { readonly body: unknown } & IdempotencyCaller,
  secret: Uint8Array,
): IdempotencyKey {
  const key = /^"(.*)"$/.exec(sent.trim())?.[1] ?? sent.trim();
  if (key === '' || key.length > LIMITS.idempotencyKeyLength || !/^[\x21-\x7e]+$/.test(key)) {
    throw invalidRequest(`Idempotency-Key must be 1 to ${LIMITS.idempotencyKeyLength} visible ASCII characters; send for example a UUID`);
  }
  const path = target.split('?', 1)[0];
  // NOTE: the id of an API key is of one tenant for ever; a person may come back to a later tenant of the same name.
  const uid = principal.kind === 'oidc' && tenant ? [tenant.uid] : [];
  const parts = [principal.tenant, principal.actor, method, path, key, headers['if-match'] ?? '', ...uid];
  return {
    scope: createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url'),
    fingerprint: createHash('sha256').update(canonical(body)).digest('base64url'),
  };
}

/** Scopes of the keys whose requests run in this process. */
export type KeysInUse = Set<string>;

/** Holds a key until it is disposed of: 409 with a `Retry-After` while another request with it runs. */
export function holdKey({ scope }: IdempotencyKey, inUse: KeysInUse): Disposable {
  if (inUse.has(scope)) {
    throw new Refusal(409, 'A request with this Idempotency-Key is still running; wait and repeat it to get its answer', {
      code: 'idempotency-key-in-use',
      isRunning: true,
      headers: { 'retry-after': formatRetryAfter(SUGGESTED_WAITS.idempotencyRunningMs) },
    });
  }
  inUse.add(scope);
  return { [Symbol.dispose]: () => void inUse.delete(scope) };
}

/** 429: the records of this tenant fill its quota, and all of them are too young to go. */
export function quotaFull(waitMs: number): Refusal {
  return new Refusal(
    429,
    'This tenant keeps as many answers under idempotency keys as it may; wait, or send the request without an Idempotency-Key',
    { code: 'idempotency-quota', headers: { 'retry-after': formatRetryAfter(waitMs) } },
  );
}

/** What {@link newRecord} needs. */
export interface RecordDependencies {
  readonly confirmedTime: Pick<ConfirmedTime, 'now'>;
  readonly random: Random;
  /** For sealing: 32 bytes. */
  readonly answerKey: Uint8Array;
  /** Bytes that the records of one tenant may take. */
  readonly idempotencyRecordBytesPerTenant: number;
}

const ROWS: readonly Route[] = ROUTES;

/** How the answer of this write can be read later: the GET on its path, or on the path of what a POST makes. */
function howToReadAgain(route: Route, { params, body }: Pick<Call, 'params' | 'body'>): ReadAgain | undefined {
  const isCreate = route.method === 'POST';
  const path = isCreate ? `${route.path}/{name}` : route.path;
  const read = ROWS.find((row) => row.method === 'GET' && row.path === path);
  if (!read) return undefined;
  return { routeId: read.id, params: isCreate ? { ...params, name: (body as { name: string }).name } : params };
}

/** The record of a change that is about to be committed: its answer, serialised and sealed, because it may show an API key. */
export function newRecord(key: IdempotencyKey, route: Route, call: Call, answer: Answer, deps: RecordDependencies): NewIdempotencyRecord {
  const { body, tagged } = answer;
  const { resourceVersion = '', observation = 0 } = tagged ?? {};
  const text = JSON.stringify({ answer: { body, ...(tagged ? { tagged: { resourceVersion, observation } } : {}) } });
  const isLong = body !== undefined && Buffer.byteLength(JSON.stringify(body)) > LIMITS.idempotencyBodyBytes;
  const readAgain = isLong ? howToReadAgain(route, call) : undefined;
  const nowMs = deps.confirmedTime.now();
  return {
    ...key,
    status: route.success.status,
    sealed: seal(readAgain ? JSON.stringify({ readAgain }) : text, key.scope, deps.answerKey, deps.random),
    expiresAt: nowMs + LIMITS.idempotencyRecordMs,
    nowMs,
    tenant: call.principal.tenant,
    quotaBytes: deps.idempotencyRecordBytesPerTenant,
    replaceableMs: LIMITS.idempotencyRecordMs - LIMITS.idempotencyRecordLeastMs,
  };
}

/** What a record holds, for a repetition of its request. 400 when the body is another one than the first time. */
export function openRecord(record: IdempotencyRecord, key: IdempotencyKey, secret: Uint8Array): Recorded {
  if (record.fingerprint !== key.fingerprint) {
    throw invalidRequest(
      'This Idempotency-Key was used with another request body; send a new key with a new request',
      'idempotency-key-reused',
    );
  }
  const recorded = unsealJson<Recorded>(record.sealed, record.scope, secret, `idempotency record "${record.scope}"`);
  return 'answer' in recorded ? { answer: atRevision(recorded.answer, record.revision) } : recorded;
}
