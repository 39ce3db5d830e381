import { NAME_RULES, type ParameterName } from '@openkupe/contract';
import { invalidField, invalidRequest } from './refusal.ts';

const PATTERNS = new Map(Object.entries(NAME_RULES).map(([rule, { pattern }]) => [rule, new RegExp(pattern)]));

/**
 * Refuses with 400 a value that does not follow this rule of the contract. `noun` is what the value is, as in `secret name`, and `field` where
 * it is in the body.
 */
export function checkName(noun: string, rule: ParameterName, value: string, field?: string): void {
  if (PATTERNS.get(rule)?.test(value)) return;
  const message = `${noun} must ${NAME_RULES[rule].rule}, not ${JSON.stringify(value.slice(0, 80))}`;
  throw field === undefined ? invalidRequest(message) : invalidField(field, message);
}
