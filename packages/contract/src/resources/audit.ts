import type { Static } from 'typebox';
import { oneOf, pageOf, Time } from './schema.ts';
import { Type } from './type.ts';

/** Why a row of the audit shows no values of a field that changed. */
export const WITHHELD = ['secret', 'size'] as const;

/** Schema of a field that a change has moved. */
export const AuditedField = Type.Object({
  pointer: Type.String({ description: 'The field, as a JSON Pointer in a URI fragment (RFC 6901 §6), such as #/resources/cpu.' }),
  before: Type.Optional(Type.Unsafe<unknown>({ description: 'Absent where there was none, and where it is withheld.' })),
  after: Type.Optional(Type.Unsafe<unknown>({ description: 'Absent where there is none, and where it is withheld.' })),
  withheld: Type.Optional(oneOf(WITHHELD, 'Why no values are shown: they are secret, or longer than a row holds.')),
});
/** A field that a change has moved, with what it was and what it is. */
export type AuditedField = Static<typeof AuditedField>;

/** Schema of one row of the audit. */
export const AuditRecord = Type.Object({
  revision: Type.Integer({ description: 'The revision of the change; its events have the same.' }),
  at: Time,
  actor: Type.String({ description: 'An API key id, an e-mail address, or operator: and a name.' }),
  action: Type.String({ description: 'The operation, such as clusters.update.' }),
  target: Type.String({ description: 'What was changed, such as clusters/production.' }),
  targetUid: Type.String({ description: 'Differs between a resource and a later one of the same name; empty where it is not known.' }),
  tenantUid: Type.String({ description: 'The same of the tenant.' }),
  address: Type.String({ description: 'The address of the client, "local" on the machine of the server; empty where it is not known.' }),
  requestId: Type.String(),
  fields: Type.Array(AuditedField, { description: 'The fields that changed. Secrets are never among the values.' }),
});
/** Who changed what, when, from where, and which fields it moved. */
export type AuditRecord = Static<typeof AuditRecord>;

/** Schema of a page of the audit, newest first. */
export const AuditPage = pageOf(AuditRecord);
/** A page of the audit, newest first. */
export type AuditPage = Static<typeof AuditPage>;
