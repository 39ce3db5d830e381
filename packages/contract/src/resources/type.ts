import type { TSchema, Type as TypeBox } from 'typebox';

/** Marks a property that may be absent; hidden from JSON and from copies, as TypeBox's own mark is. */
const OPTIONAL = Symbol('optional');

type Options = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, TSchema>>;

const required = (properties: Properties) => Object.keys(properties).filter((name) => !(OPTIONAL in (properties[name] ?? {})));

const factories = {
  Array: (items: TSchema, options?: Options) => ({ type: 'array', items, ...options }),
  Boolean: (options?: Options) => ({ type: 'boolean', ...options }),
  Integer: (options?: Options) => ({ type: 'integer', ...options }),
  Literal: (value: string, options?: Options) => ({ type: 'string', const: value, ...options }),
  Null: (options?: Options) => ({ type: 'null', ...options }),
  Object(properties: Properties, options?: Options) {
    const names = required(properties);
    return { type: 'object', ...(names.length > 0 && { required: names }), properties, ...options };
  },
  Optional: (schema: object) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true }),
  String: (options?: Options) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly TSchema[], options?: Options) => ({ anyOf, ...options }),
  Unsafe: (schema: object) => schema,
};

/**
 * Builds JSON Schemas whose TypeScript type is `Static<typeof schema>`, as TypeBox's `Type` does and with its types. TypeBox itself is not
 * loaded: its 373 modules take 16 MiB and 0.15 s of every start, and only these ten functions of them are used.
 */
export const Type = factories as unknown as Pick<typeof TypeBox, keyof typeof factories>;
