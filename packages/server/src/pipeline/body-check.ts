import { LIMITS } from '@openkupe/contract';
import { Ajv2020, type ErrorObject, type Options } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { TSchema } from 'typebox';
import { describeFinding } from '../errors/describe-finding.ts';
import { invalidRequest } from '../errors/refusal.ts';
import { hasMoreValues } from './has-more-values.ts';

const OPTIONS: Options = { removeAdditional: false, coerceTypes: false, strict: true, strictTypes: false, verbose: true };
const untilFirst = new Ajv2020(OPTIONS);
const untilEnd = new Ajv2020({ ...OPTIONS, allErrors: true });
for (const ajv of [untilFirst, untilEnd]) addFormats.default(ajv, { formats: ['date-time'] });

/** The findings in a body; of a large body the first alone, so that the work does not grow with how much is wrong with it. */
export type BodyCheck = (body: unknown) => ErrorObject[];

/** Compiles the schema of a body. */
export function compileBodyCheck(schema: TSchema): BodyCheck {
  const first = untilFirst.compile(schema);
  const all = untilEnd.compile(schema);
  return (body) => {
    const validate = hasMoreValues(body, LIMITS.searchedValues) ? first : all;
    return validate(body) ? [] : (validate.errors ?? []);
  };
}

/** Refuses with 400 and the first few findings in one sentence. `resource` is what the body describes. */
export function refuseFindings(errors: readonly ErrorObject[], resource: string): void {
  if (errors.length === 0) return;
  const findings = [...new Set(errors.map((finding) => describeFinding(finding, resource)))];
  const shown = findings.slice(0, LIMITS.findingsShown).join('; ');
  const rest = findings.length - LIMITS.findingsShown;
  throw invalidRequest(`The request is not valid: ${shown}${rest > 0 ? `; and ${rest} more` : ''}`);
}
