import { counted } from '@openkupe/contract';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Principal } from '../auth/principal.ts';
import { Refusal } from '../errors/refusal.ts';
import { type AddressRateLimit, type AddressRequest, VERIFY_FIRST } from '../rate-limit/address-limit.ts';
import type { Admission, LimitRefusal } from '../rate-limit/admission.ts';
import { type CallerLimits, requestCost } from '../rate-limit/caller-limits.ts';
import type { Exchange } from './exchange.ts';
import type { FoundRoute } from './find-route.ts';

/** What {@link passAddressLimit} needs. */
export interface AddressLimitDependencies {
  readonly addressLimit: Pick<AddressRateLimit, 'admit' | 'noteCredential'>;
  readonly authenticator: Authenticator;
}

/** What {@link passCallerLimits} needs. */
export interface CallerLimitDependencies {
  /** Limits of keys and tenants; absent where the operator has set none. */
  readonly callerLimits?: CallerLimits | undefined;
}

/** What the limits are called in a message. */
const LIMIT_NAMES = {
  address: 'requests from this address',
  authentication: 'failed authentications from this address',
  key: 'requests with this key',
  tenant: 'requests in this tenant',
  concurrency: 'requests of this tenant at the same time',
} as const;

function tooMany(limit: keyof typeof LIMIT_NAMES, retryAfterSeconds: number, isSlotReserved = false): Refusal {
  const seconds = String(retryAfterSeconds);
  return new Refusal(429, `Too many ${LIMIT_NAMES[limit]}; wait ${counted(seconds, 'second')} before the next request`, {
    code: `rate-limited-${limit}`,
    headers: { 'retry-after': seconds },
    isSlotReserved,
  });
}

/** A refusal of the rate limit or of the authentication backoff as the 429 it is, with the same words for every cause of the same kind. */
export function tooManyRequests(refusal: LimitRefusal, exchange: Exchange): Refusal {
  Object.assign(exchange.headers, refusal.headers);
  return tooMany(refusal.limit, refusal.retryAfterSeconds, refusal.isReserved);
}

/** Whether this is the request that reads the limits, which uses up none of them as long as it is answered. */
const readsLimits = ({ request }: Exchange) => request.match?.route.id === 'limits.get';

function addressRequest({ clientAddress: address, credential, request }: Exchange): AddressRequest {
  const { method, target, headers, match } = request;
  const key = headers['idempotency-key'];
  const isCommon = (match?.route.id.endsWith('.list') ?? false) || (method === 'POST' && key === undefined);
  const isVerifiable = credential?.startsWith('kupe_') ?? false;
  return { address, credential, method, target, mark: `${key ?? ''} ${headers['content-length'] ?? ''}`, isCommon, isVerifiable };
}

function settle(admission: Admission, exchange: Exchange): Refusal | undefined {
  if (!admission.isAdmitted) return tooManyRequests(admission, exchange);
  Object.assign(exchange.headers, admission.headers);
  return undefined;
}

/** Asks again about a request whose key was verified first. A wrong key is not counted: its answer is the 429 of the address. */
async function passOnceVerified(request: AddressRequest, exchange: Exchange, deps: AddressLimitDependencies): Promise<Refusal | undefined> {
  const { credential = '', address } = request;
  const { outcome } = await deps.authenticator.authenticate(credential, address);
  if (outcome === 'identified') deps.addressLimit.noteCredential(address, credential, true);
  return settle(await deps.addressLimit.admit({ ...request, isVerifiable: false }), exchange);
}

/**
 * Stage 2. "When you exceed the limit you get a 429 response with a Retry-After header." Nothing has been executed before it. Returns the
 * refusal, `undefined` where the request is admitted; a promise only where an API key has to be verified, or a shared store asked.
 */
export function passAddressLimit(exchange: Exchange, deps: AddressLimitDependencies): Refusal | undefined | Promise<Refusal | undefined> {
  const request = addressRequest(exchange);
  const decide = (admission: Admission) =>
    admission === VERIFY_FIRST ? passOnceVerified(request, exchange, deps) : settle(admission, exchange);
  const admission = deps.addressLimit.admit(request);
  return admission instanceof Promise ? admission.then(decide) : decide(admission);
}

/** Stage 2 of what needs no credential, such as a preflight: a credential that was sent is not verified. */
export async function passPublicAddressLimit(
  exchange: Exchange,
  { addressLimit }: Pick<AddressLimitDependencies, 'addressLimit'>,
): Promise<Refusal | undefined> {
  return settle(await addressLimit.admit({ ...addressRequest(exchange), isVerifiable: false }), exchange);
}

/**
 * Stage 5, after the caller is known: the limits of its key and its tenant, where the operator has set any: 429. What it returns is
 * disposed of once the answer is decided.
 */
export function passCallerLimits(
  exchange: Exchange,
  { isList }: FoundRoute,
  { tenant, actor }: Principal,
  { callerLimits }: CallerLimitDependencies,
): Disposable | undefined {
  if (!callerLimits || tenant === '' || readsLimits(exchange)) return undefined;
  const { method, target } = exchange.request;
  const cost = requestCost({ method, isList });
  const admission = callerLimits.admit({ tenant, key: actor }, { cost, name: `${method} ${target}` });
  Object.assign(exchange.headers, admission.headers);
  if (!admission.isAdmitted) throw tooMany(admission.policy as keyof typeof LIMIT_NAMES, admission.retryAfterSeconds);
  return { [Symbol.dispose]: admission.end };
}
