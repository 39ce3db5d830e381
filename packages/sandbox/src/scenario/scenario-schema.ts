import { ClusterCreate } from '@openkupe/contract/resources/cluster';
import { strict } from '@openkupe/contract/resources/schema';
import { Type } from '@openkupe/contract/resources/type';
import { FAULT_KINDS, FAULTS } from '../faults/fault-table.ts';
import { Match, When } from '../rules/rule.ts';

/** A fault by its kind, for editors: every parameter may be left out. */
const FAULT = {
  anyOf: [
    { type: 'string', maxLength: 1_000, description: 'The short form: 429; retry-after=0.5' },
    ...FAULT_KINDS.map((kind) => ({
      type: 'object',
      required: ['kind'],
      properties: { kind: { const: kind }, ...(FAULTS[kind] as { properties: object }).properties },
      additionalProperties: false,
    })),
  ],
};

const RULE = strict({
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Replaces the rule of the same name.' })),
  match: Type.Optional(Match),
  when: Type.Optional(When),
  fault: Type.Unsafe<unknown>(FAULT),
});

const SETTINGS = Type.Unsafe<Record<string, string>>({
  type: 'object',
  propertyNames: { pattern: '^OPENKUPE_(SANDBOX|RATE|KEY|TENANT)_[A-Z_]+$' },
  additionalProperties: { type: 'string', maxLength: 200 },
  description: 'Settings of the server: durations of sandbox clusters, and limits.',
});

/** The JSON Schema of a scenario file. */
export const SCENARIO_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'A scenario of the openkupe sandbox',
  ...strict({
    title: Type.String({ minLength: 1, maxLength: 200, description: 'One line for a list of scenarios.' }),
    description: Type.Optional(Type.String({ maxLength: 5_000, description: 'What happens, and what a client should do about it.' })),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'Where chance begins; --seed takes precedence.' })),
    clock: Type.Optional(
      strict({
        start: Type.Optional(
          Type.String({ maxLength: 40, description: 'The time at the start, RFC 3339; that of the machine when absent.' }),
        ),
        frozen: Type.Optional(Type.Boolean({ description: 'Whether time passes only when it is moved.' })),
      }),
    ),
    settings: Type.Optional(SETTINGS),
    clusters: Type.Optional(
      Type.Array(ClusterCreate, {
        maxItems: 50,
        description: 'Clusters that are there and run when the sandbox has started, as a create describes them.',
      }),
    ),
    rules: Type.Optional(Type.Array(RULE, { maxItems: 1_000, description: 'What goes wrong, and when.' })),
  }),
};
