import { strict } from '@openkupe/contract/resources/schema';
import { Type } from '@openkupe/contract/resources/type';
import { DURATION_PATTERN } from '../clock/duration.ts';
import type { Fault, FaultInput } from '../faults/fault-table.ts';

const optionalText = (maxLength: number, description: string) => Type.Optional(Type.String({ minLength: 1, maxLength, description }));
const duration = (description: string) => Type.Optional(Type.String({ pattern: DURATION_PATTERN, description }));
const count = (minimum: number, description: string) => Type.Optional(Type.Integer({ minimum, maximum: 1_000_000, description }));

/** Schema of which requests a rule is about. What is left out matches everything. */
export const Match = strict({
  route: optionalText(
    200,
    'The id of a route (clusters.get), the ids of several (clusters.*), or its template (/api/v1/tenants/{tenant}/clusters/{name}).',
  ),
  method: optionalText(10, 'The method, such as PATCH.'),
  resource: Type.Optional(
    Type.String({
      maxLength: 253,
      pattern: '^[^*]*(\\*[^*]*)?$',
      description: 'The name of the resource in the path or, of a create, in the body; one * stands for any characters.',
    }),
  ),
  header: optionalText(500, 'A header that is there (if-match), or that has this value (user-agent: tool/1).'),
});

/** Schema of when a rule that matches fires. What is left out: always. */
export const When = strict({
  probability: Type.Optional(
    Type.Unsafe<number>({ type: 'number', minimum: 0, maximum: 1, description: 'How likely it is each time, drawn from the seed.' }),
  ),
  after: count(0, 'How many matching requests pass first.'),
  count: count(1, 'How often it fires at most.'),
  every: count(1, 'Of the matching requests every so many-th, 3 for the third, the sixth and so on.'),
  from: duration('Since when, on the clock of the sandbox from its start: 30s, 10m.'),
  until: duration('Until when.'),
});

/** Which requests a rule is about. */
export interface RuleMatch {
  readonly route?: string;
  readonly method?: string;
  readonly resource?: string;
  readonly header?: string;
}

/** When a rule that matches fires. */
export interface RuleWhen {
  readonly probability?: number;
  readonly after?: number;
  readonly count?: number;
  readonly every?: number;
  readonly from?: string;
  readonly until?: string;
}

/** A rule as it is written. */
export interface RuleInput {
  /** Replaces the rule of the same name. */
  readonly name?: string;
  readonly match?: RuleMatch;
  readonly when?: RuleWhen;
  /** A fault, or its short form such as `429; retry-after=0.5`. */
  readonly fault: FaultInput | string;
}

/** A rule that is in force. */
export interface Rule {
  readonly name: string;
  readonly match: RuleMatch;
  readonly when: RuleWhen;
  readonly faults: readonly Fault[];
}
