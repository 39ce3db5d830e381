import type { TObject, TProperties, TSchema, TUnsafe } from 'typebox';
import { Type } from './type.ts';

/** An object that refuses unknown fields: every request body, and every object inside one. */
export function strict<Properties extends TProperties>(properties: Properties): TObject<Properties> {
  return Type.Object(properties, { additionalProperties: false });
}

/** One of a few words, as a JSON Schema `enum`. */
export function oneOf<const Values extends readonly string[]>(values: Values, description: string): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: [...values], description });
}

/** The answer of a list that can be read in pages. */
export function pageOf<Item extends TSchema>(item: Item) {
  const description = 'Where the next page begins: send it as the parameter "continue". Only where `limit` was sent and there is more.';
  return Type.Object({ items: Type.Array(item), continue: Type.Optional(Type.String({ description })) });
}

/** RFC 3339 in UTC. */
export const Time = Type.String({ format: 'date-time', examples: ['2026-04-06T12:00:00Z'] });

/** An object with any fields: they are stored and echoed, and not checked. */
export function freeForm(description: string): TUnsafe<Record<string, unknown>> {
  return Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description });
}
