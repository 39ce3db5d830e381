import type { Role } from '@openkupe/contract';

/** Who is asking. */
export interface Principal {
  readonly tenant: string;
  readonly role: Role;
  /** What the audit shows: an API key id. Never a secret. */
  readonly actor: string;
  /** The person behind it: for an API key the one who made it. */
  readonly email: string;
}
