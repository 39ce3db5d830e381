import { ADDRESS_RATE_LIMIT } from '@openkupe/contract';
import type { KeyedHash } from '../crypto/keyed-hash.ts';
import { type AddressRate, createAddressRate } from './address-rate.ts';
import type { RateLimit } from './gcra.ts';

/** Few addresses look at their limits, so one look in this many addresses at once is counted by itself. */
const ADDRESSES_PER_LOOKER = 32;

/** A tight limit of requests is one that people look at more often. */
const atLeastTheUsual = (limit: RateLimit, factor: number): RateLimit => ({
  ...limit,
  perSecond: Math.max(limit.perSecond, ADDRESS_RATE_LIMIT.perSecond * factor),
  burst: Math.max(limit.burst, ADDRESS_RATE_LIMIT.burst * factor),
});

/**
 * The limit of looks at the limits: as many as an address may make requests, counted by themselves. Looking uses up nothing, so that
 * whoever wants to keep a limit can look at it; but it is work, and without a limit of its own it would be work without end.
 */
export function createLooks(options: { hash: KeyedHash; address: RateLimit; network: RateLimit; addresses: number }): AddressRate {
  const { hash, address, network, addresses } = options;
  return createAddressRate({
    hash,
    address: { ...atLeastTheUsual(address, 1), name: 'looks' },
    network: { ...atLeastTheUsual(network, network.perSecond / address.perSecond), name: 'looks-network' },
    addresses: Math.ceil(addresses / ADDRESSES_PER_LOOKER),
    counters: { shadowDenied: { address: 0, network: 0 } },
  });
}
