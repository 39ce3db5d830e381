import type { Static } from 'typebox';
import { LIMITS } from '../limits.ts';
import { KUBERNETES_SECRET_NAME_PATTERN, NAMESPACE_PATTERN, RESOURCE_NAME_PATTERN, SECRET_PATH_PATTERN } from '../names.ts';
import { Condition } from './cluster.ts';
import { oneOf, pageOf, strict, Time } from './schema.ts';
import { Type } from './type.ts';

/** Schema of a target: a Kubernetes Secret to write the values to. Echoed exactly as sent: `secretName` stays absent when it was not sent. */
export const SyncTarget = strict({
  cluster: Type.String({ minLength: 1, maxLength: 63, pattern: RESOURCE_NAME_PATTERN, description: 'A cluster; it need not exist yet.' }),
  namespace: Type.String({ minLength: 1, maxLength: 63, pattern: NAMESPACE_PATTERN }),
  secretName: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: KUBERNETES_SECRET_NAME_PATTERN,
      description: 'The name of the Kubernetes Secret; the name of this secret when absent.',
    }),
  ),
});
/** A Kubernetes Secret that the values are written to. */
export type SyncTarget = Static<typeof SyncTarget>;

/** Null is the same as absent: no targets, and no `sync` in the answer. */
const Sync = Type.Unsafe<SyncTarget[] | null>({
  type: ['array', 'null'],
  items: SyncTarget,
  maxItems: LIMITS.syncTargets,
  description: 'Where the values go, in this order. A list replaces the whole list; null or [] clears it.',
});

/** Schema of the body that defines a secret. No route takes its values. */
export const SecretCreate = strict({
  name: Type.String({ description: `Unique in the tenant; matches ${RESOURCE_NAME_PATTERN}.`, maxLength: 253, examples: ['database'] }),
  secretPath: Type.String({
    minLength: 1,
    maxLength: LIMITS.secretPathLength,
    pattern: SECRET_PATH_PATTERN,
    description: 'The path in the secrets backend of the tenant.',
    examples: ['services/database/credentials'],
  }),
  sync: Type.Optional(Sync),
});
/** What a new secret is to be. */
export type SecretCreate = Static<typeof SecretCreate>;

/** Schema of the body that replaces the targets of a secret. */
export const SecretPatch = strict({ sync: Sync });
/** The new targets of a secret. */
export type SecretPatch = Static<typeof SecretPatch>;

/** The phases of a secret, as the API names them. */
export const SECRET_PHASES = ['Pending', 'Active', 'Degraded', 'Deleting'] as const;
/** One of {@link SECRET_PHASES}. */
export type SecretPhase = (typeof SECRET_PHASES)[number];

/** Schema of the state of one target. */
export const SyncStatus = Type.Object({
  cluster: Type.String(),
  namespace: Type.String(),
  secretName: Type.String({ description: 'The name in the cluster.' }),
  phase: oneOf(['Pending', 'Synced', 'Failed'], 'Whether the values are there.'),
  message: Type.String({ description: 'What is waited for, or what is wrong; empty when neither.' }),
  version: Type.Optional(Type.String({ description: 'The version of the values that is there.' })),
  syncedAt: Type.Optional(Time),
});
/** The state of one target. */
export type SyncStatus = Static<typeof SyncStatus>;

/** Schema of a secret in an answer. Its values are in no answer. */
export const Secret = Type.Object({
  name: Type.String(),
  secretPath: Type.String(),
  sync: Type.Optional(Type.Array(SyncTarget)),
  status: Type.Object({
    phase: oneOf(SECRET_PHASES, 'Active: the values are at every target.'),
    conditions: Type.Array(Condition),
    syncStatuses: Type.Array(SyncStatus),
  }),
  resourceVersion: Type.String(),
  createdAt: Time,
});
/** A secret: where its values are, and which targets have them. */
export type Secret = Static<typeof Secret>;

/** Schema of the answer that lists the secrets of a tenant, by name. */
export const SecretList = pageOf(Secret);
