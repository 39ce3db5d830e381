import { addressGroup, formatAddressGroup } from './address-group.ts';

/** The name of the address's group, under which what one client has is counted: the address of IPv4, the /64 of IPv6. */
export function groupName(address: string): string {
  return formatAddressGroup(addressGroup(address));
}

/**
 * Counts by client, such as open connections or bytes. Only counts above zero take memory, so the table is bounded by whatever bounds the
 * total of what is counted.
 */
export class AddressCounts {
  readonly #counts = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(group: string): number {
    return this.#counts.get(group) ?? 0;
  }

  add(group: string, change: number): void {
    this.#total += change;
    const count = this.of(group) + change;
    if (count > 0) this.#counts.set(group, count);
    else this.#counts.delete(group);
  }

  /** The group with the highest count. */
  largest(): string | undefined {
    let found: string | undefined;
    let most = 0;
    for (const [group, count] of this.#counts) {
      if (count <= most) continue;
      found = group;
      most = count;
    }
    return found;
  }
}
