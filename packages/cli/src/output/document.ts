import type { Result } from './result.ts';

/** The formats of what is no row of a table; YAML is what the commands that write take. */
export const DOCUMENT_FORMATS = ['yaml', 'json'] as const;

/** An object that is shown as the YAML that it can be written back with. */
export async function asDocument(value: unknown): Promise<Result> {
  const { stringify } = await import('yaml');
  return { kind: 'document', text: stringify(value, { lineWidth: 0 }), value };
}
