import { PAGE_POLICY, type RetryPolicy } from '@openkupe/contract/retry/policy';

/** The page's policy with `changes`, checked and frozen. Throws a RangeError that names the first option that makes no sense. */
export function createPolicy(changes: Partial<RetryPolicy> = {}): RetryPolicy {
  const policy = { ...PAGE_POLICY, ...changes };
  for (const [name, value] of Object.entries(policy)) {
    if (!(name in PAGE_POLICY)) throw new RangeError(`The policy has no option "${name}"; it has ${Object.keys(PAGE_POLICY).join(', ')}`);
    const [isValid, rule] =
      name === 'onOpenCircuit'
        ? [value === 'wait' || value === 'fail-fast', '"wait" or "fail-fast"']
        : name === 'attempts'
          ? [Number.isInteger(value) && Number(value) >= 1, 'a whole number from 1']
          : [typeof value === 'number' && value >= 0, 'milliseconds from 0'];
    if (!isValid) throw new RangeError(`The policy's ${name} is ${String(value)}; give ${rule}`);
  }
  return Object.freeze(policy);
}
