import { compareMoney, moneyOf, NO_MONEY, parseMoney } from '@openkupe/contract';
import { commitInRounds } from '../store/commit.ts';
import type { Store } from '../store/store.ts';
import { observeIf } from '../store/writes.ts';
import { wholeSecond } from './billing-month.ts';

/** One credit of a tenant, with what the audit row needs. */
export interface CreditGrant {
  readonly tenant: string;
  /** GBP, at most two places, e.g. `10.00`. */
  readonly amount: string;
  /** Free text for a person. */
  readonly reason: string;
  /** Operator and request, for the audit. */
  readonly actor: string;
  readonly requestId: string;
}

/**
 * Grants a tenant credit on behalf of an operator. It lowers later invoices until it is used up and is never paid out. `not-an-amount`
 * for text that is not an amount above zero with at most two places, `missing` for an unknown tenant.
 */
export async function grantCredit(store: Store, grant: CreditGrant, now: number): Promise<'granted' | 'missing' | 'not-an-amount'> {
  const money = parseMoney(grant.amount);
  if (!money || money.decimals > 2 || compareMoney(money, NO_MONEY) <= 0 || compareMoney(money, LARGEST) > 0) return 'not-an-amount';
  const { tenant, amount, reason, actor, requestId } = grant;
  const key = { kind: 'tenant', tenant, name: tenant } as const;
  return commitInRounds(`grant credit to tenant "${tenant}"`, async () => {
    const found = await store.get(key);
    if (!found) return 'missing';
    const { outcome } = await store.commit({
      at: now,
      // NOTE: changes nothing, and fails when the tenant was removed: a later one of the same name must not get the credit.
      writes: [observeIf(found)],
      ledger: [{ tenant, at: wholeSecond(now), fact: { kind: 'credit', amount, reason } }],
      audit: { tenant, actor, action: 'operator.credits.grant', target: `tenants/${tenant}`, requestId },
      events: [{ key, type: 'changed', message: `Credit of GBP ${amount} was granted: ${reason}` }],
    });
    return outcome === 'written' ? 'granted' : undefined;
  });
}

/** Larger amounts are refused as typing errors. */
const LARGEST = moneyOf('1000000.00');
