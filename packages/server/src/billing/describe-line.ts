import type { InvoiceLine, LineKind } from '@openkupe/contract';
import { counted } from '@openkupe/contract';

const NOUNS: Readonly<Record<LineKind, string>> = {
  'platform-fee': 'Platform fee',
  cpu: 'CPU',
  memory: 'Memory',
  storage: 'Storage',
  'high-availability': 'High availability',
  'metrics-overage': 'Metrics above the allowance',
  'log-overage': 'Logs above the allowance',
};

type Terms = Pick<InvoiceLine, 'kind' | 'cluster' | 'plan' | 'quantity' | 'unit' | 'unitPrice' | 'seconds'>;

/** The sentence of a line: what, how much of it, at which price. */
export function describeLine({ kind, cluster, plan, quantity, unit, unitPrice, seconds }: Terms): string {
  const subject = cluster === undefined ? (plan === undefined ? '' : ` of plan "${plan}"`) : ` of cluster "${cluster}"`;
  return `${NOUNS[kind]}${subject}: ${quantity} ${unit}s in ${counted(seconds, 'second')} at GBP ${unitPrice} per ${unit}`;
}
