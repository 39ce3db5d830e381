import type { ClusterPrice } from '@openkupe/contract/resources/cluster';
import { type Context, on } from '../command.ts';

/** The flag of every command that writes. */
export const VALIDATE_FLAG = { validateOnly: on('Only check whether the server would do it, and do nothing.') } as const;

/** Says that the server would have done it, and for a cluster what it would cost. */
export function noteValid({ note }: Context, price?: ClusterPrice): void {
  note(
    `The server would accept this; nothing was done.${price ? ` The cluster would cost ${price.currency} ${price.perMonth} a month.` : ''}`,
  );
}
