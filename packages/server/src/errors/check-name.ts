import { NAME_RULES, type ParameterName } from '@openkupe/contract';
import { invalidRequest } from './refusal.ts';

const PATTERNS = new Map(Object.entries(NAME_RULES).map(([rule, { pattern }]) => [rule, new RegExp(pattern)]));

/** Refuses with 400 a value that does not follow this rule of the contract. `noun` is what the value is, as in `secret name`. */
export function checkName(noun: string, rule: ParameterName, value: string): void {
  if (PATTERNS.get(rule)?.test(value)) return;
  throw invalidRequest(`${noun} must ${NAME_RULES[rule].rule}, not ${JSON.stringify(value.slice(0, 80))}`);
}
