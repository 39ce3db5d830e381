import { LIMITS } from '@openkupe/contract';

/** The key-value pairs at one path, e.g. `{ username: '…', password: '…' }`. */
export type Values = Readonly<Record<string, string>>;

/** The outcome of reading a path. No message holds a value. */
export type Reading =
  | { readonly outcome: 'found'; readonly version: string; readonly values: Values }
  | { readonly outcome: 'missing' }
  /** Fails until something is changed: the secrets backend denies access, or the values cannot be a Kubernetes Secret. */
  | { readonly outcome: 'refused'; readonly message: string }
  /** Fails now, may work later: sealed, silent, overloaded. */
  | { readonly outcome: 'unavailable'; readonly message: string };

/** Port: the secrets backend. The control plane reads values to write them to clusters; the API never shows them. */
export interface SecretValues {
  /** The newest version at `path` in the secrets backend of `tenant`. Never rejects for an answer of the secrets backend. */
  read(tenant: string, path: string): Promise<Reading>;
  /** Deletes what the control plane itself keeps for a tenant that is gone, so that a later tenant of the same name does not get it. */
  forget(tenant: string): Promise<void>;
}

/** The keys that a Kubernetes Secret can have: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data */
const KEY = /^(?!\.{1,2}$)[-._a-zA-Z0-9]{1,253}$/;

/** Why these values cannot be a Kubernetes Secret, naming the key and never the value; `undefined` when they can. */
export function problemWith(values: Values): string | undefined {
  const entries = Object.entries(values);
  if (entries.length > LIMITS.secretKeys) return `There are ${entries.length} keys; at most ${LIMITS.secretKeys} can be one secret`;
  const unusable = entries.find(([key]) => !KEY.test(key));
  if (unusable) return `The key ${JSON.stringify(unusable[0].slice(0, 80))} is not possible; use letters, digits, "-", "_" and "."`;
  const sizes = entries.map(([key, value]) => ({ key, bytes: Buffer.byteLength(value) }));
  const large = sizes.find(({ bytes }) => bytes > LIMITS.secretValueBytes);
  if (large) return `The value of "${large.key}" has ${large.bytes} bytes; at most ${LIMITS.secretValueBytes} are possible`;
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > LIMITS.secretValueBytes)
    return `The values have ${total} bytes together; at most ${LIMITS.secretValueBytes} fit into one secret`;
  return undefined;
}
