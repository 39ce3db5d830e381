import { type Decode, decodeItems, decodeObject } from '../to-result.ts';

/** What a resource reads as where the server answers null or leaves a field out, as clients with zero values read it. */
interface Empty {
  readonly own?: Readonly<Record<string, object>>;
  readonly status: Readonly<Record<string, unknown>>;
}

const EMPTY = {
  cluster: { own: { resources: {} }, status: { phase: '', conditions: [], metrics: {} } },
  secret: { status: { phase: '', conditions: [], syncStatuses: [] } },
  tenant: { own: { members: [] }, status: { phase: '' } },
  webhook: { status: { phase: '', message: '', failures: 0 } },
  invoice: { status: { phase: '', lineItems: [] } },
} satisfies Record<string, Empty>;

function filled(value: object, empty: Readonly<Record<string, unknown>> = {}): object {
  const missing = Object.entries(empty).filter(([name]) => (value as Record<string, unknown>)[name] == null);
  return missing.length === 0 ? value : { ...value, ...structuredClone(Object.fromEntries(missing)) };
}

/**
 * The reader of one resource and the reader of a list of them. A `status` that is null or absent, as a resource has that no controller has
 * processed yet, has the phase `''`, and so have lists and maps inside of it that are null; what is unknown is passed on as it is.
 */
export function decoderOf<T extends object>(kind: keyof typeof EMPTY): { readonly decode: Decode<T>; readonly decodeList: Decode<T[]> } {
  const { own, status }: Empty = EMPTY[kind];
  const fill = (value: object) => {
    const known = filled(value, { ...own, status: {} }) as { status: object };
    return filled({ ...known, status: filled(known.status, status) }) as T;
  };
  return {
    decode(body) {
      const value = decodeObject(body);
      return value && fill(value);
    },
    decodeList: (body) => decodeItems(body)?.map(fill),
  };
}
