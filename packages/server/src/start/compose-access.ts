import { createHmac } from 'node:crypto';
import { ADDRESS_RATE_LIMIT, LIMITS } from '@openkupe/contract';
import { createApiKeyAuthenticator } from '../auth/api-key-authenticator.ts';
import { AuthBackoff } from '../auth/backoff/auth-backoff.ts';
import { createLastUsed } from '../auth/last-used.ts';
import { createAuthenticator } from '../auth/verify-credential.ts';
import type { Config } from '../config/config.ts';
import type { Secrets } from '../config/secrets.ts';
import { loadValkeyAddress } from '../config/valkey.ts';
import { prepareHmacSha256 } from '../crypto/hmac-sha256.ts';
import type { Log } from '../log/log.ts';
import { AddressLimit, networkLimitOf } from '../rate-limit/address-limit.ts';
import { CallerLimits } from '../rate-limit/caller-limits.ts';
import { SharedAddressLimit } from '../rate-limit/shared-address-limit.ts';
import type { Data, Machine } from './compose-data.ts';

/** Few addresses send wrong credentials at the same time. */
const ADDRESSES_PER_FAILING_ONE = 32;

/** Access tokens of an issuer, where there is one; the library that verifies them takes 5 MiB. */
async function composeOidc(oidc: NonNullable<Config['oidc']>, { clock }: Machine, log: Log) {
  const { createIssuerKeys } = await import('../auth/issuer-keys.ts');
  const { createOidcAuthenticator } = await import('../auth/oidc-authenticator.ts');
  const issuerKeys = createIssuerKeys(oidc.issuer, { clock, log });
  return { issuerKeys, authenticator: createOidcAuthenticator(oidc, { keys: issuerKeys, clock }) };
}

/** The key of the hashes that all processes of an installation have to agree about. */
function sharedHashKey({ pepper }: Secrets) {
  const key = createHmac('sha256', pepper).update('openkupe shared limit').digest();
  return { low: key.readInt32LE(0), high: key.readInt32LE(4) };
}

/** The limit per address: of this process, or of all that share a Valkey server, whose client only this loads. */
async function composeAddressLimit(config: Config, { clock, random }: Machine, { log, secrets }: Pick<Data, 'log' | 'secrets'>) {
  const address = { ...ADDRESS_RATE_LIMIT, ...config.rateLimit, isShadow: config.isAddressShadow };
  const options = { clock, random, log, address, addresses: config.rateAddresses };
  // A process that serves no requests has no share.
  if (!config.valkey || config.role === 'workers') return { addressLimit: new AddressLimit(options) };
  const { ValkeyLimit } = await import('../rate-limit/valkey/valkey-limit.ts');
  const at = await loadValkeyAddress(config.valkey);
  const { processes } = config.valkey;
  const boundMs = LIMITS.sharedLimitMs;
  const store = new ValkeyLimit({ clock, random, log, address: at, limit: address, network: networkLimitOf(address), processes, boundMs });
  await store.start();
  const local = new AddressLimit({ ...options, hashKey: sharedHashKey(secrets) });
  return { addressLimit: new SharedAddressLimit({ clock, address, local, store }), sharedLimit: store };
}

/** Who may ask, and how often. */
export async function composeAccess(config: Config, { clock, random }: Machine, { log, store, secrets, confirmedTime }: Data) {
  const lastUsed = createLastUsed({ store, clock });
  const oidc = config.oidc && (await composeOidc(config.oidc, { clock, random }, log));
  return {
    lastUsed,
    issuerKeys: oidc?.issuerKeys,
    authenticator: createAuthenticator(
      createApiKeyAuthenticator({ store, clock, confirmedTime, random, hmac: prepareHmacSha256(secrets.pepper), lastUsed }),
      oidc?.authenticator,
    ),
    ...(await composeAddressLimit(config, { clock, random }, { log, secrets })),
    authBackoff: new AuthBackoff({ clock, random, log, entries: Math.ceil(config.rateAddresses / ADDRESSES_PER_FAILING_ONE) }),
    callerLimits: config.callerPolicies && new CallerLimits({ clock, random, policies: config.callerPolicies }),
  };
}

/** What `composeAccess` makes. */
export type Access = Awaited<ReturnType<typeof composeAccess>>;
