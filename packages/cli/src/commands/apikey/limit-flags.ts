import type { ApiKeyPatch } from '@openkupe/contract/resources/api-key';
import { parsed } from '../../command.ts';
import { commaList } from '../comma-list.ts';

/** The flags of every command that says what an API key may do, and from where. */
export const LIMIT_FLAGS = {
  scopes: parsed('scopes', 'What of its role it may do, like clusters:read,secrets:*.', commaList('scopes')),
  from: parsed('ranges', 'The addresses it is accepted from, like 203.0.113.0/24,2001:db8::/32.', commaList('from')),
} as const;

/** These flags as fields of the body. */
export function limitsOf({ scopes, from }: { readonly scopes?: string[] | undefined; readonly from?: string[] | undefined }) {
  return { ...(scopes && { scopes }), ...(from && { addressRanges: from }) } satisfies ApiKeyPatch;
}
