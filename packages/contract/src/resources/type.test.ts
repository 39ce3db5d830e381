import { Type as TypeBox } from 'typebox';
import { describe, expect, it } from 'vitest';
import { Type } from './type.ts';

/** One schema with everything that is used, built by either. */
function build(type: typeof Type) {
  const inner = type.Object({ a: type.Optional(type.String({ maxLength: 3 })) });
  const copied = type.Optional(type.Object({ ...inner.properties, b: type.Integer() }));
  return type.Object(
    {
      word: type.Literal('GBP'),
      words: type.Array(type.String(), { maxItems: 2 }),
      either: type.Union([type.String(), type.Null()], { description: 'd' }),
      flag: type.Optional(type.Boolean()),
      free: type.Optional(type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
      inner,
      copied,
      again: type.Array(copied),
    },
    { additionalProperties: false },
  );
}

describe('Type', () => {
  it('builds the JSON Schemas that TypeBox builds', () => {
    expect(JSON.parse(JSON.stringify(build(Type)))).toEqual(JSON.parse(JSON.stringify(build(TypeBox))));
  });

  it('requires what is not optional', () => {
    expect(build(Type)).toMatchObject({ required: ['word', 'words', 'either', 'inner', 'again'] });
    expect(build(Type).properties.copied).toMatchObject({ required: ['b'] });
    expect(Type.Object({})).not.toHaveProperty('required');
  });
});
