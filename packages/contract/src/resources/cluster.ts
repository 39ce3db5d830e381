import type { Static } from 'typebox';
import { CLUSTER_PHASES } from '../cluster-lifecycle.ts';
import { LABEL_KEY_PATTERN, LABEL_VALUE_PATTERN } from '../labels.ts';
import { LIMITS } from '../limits.ts';
import { RESOURCE_NAME_PATTERN } from '../names.ts';
import { CURRENCY } from '../rates.ts';
import { freeForm, oneOf, pageOf, strict, Time } from './schema.ts';
import { Type } from './type.ts';

const quantity = (description: string, examples: string[]) =>
  Type.String({ minLength: 1, maxLength: LIMITS.quantityLength, description, examples });

/** Schema of the limits of a cluster, each a Kubernetes quantity that is echoed exactly as sent; an absent one is not limited. */
export const ClusterResources = strict({
  cpu: Type.Optional(quantity('Cores, or millicores with the suffix m.', ['4', '1.5', '500m'])),
  memory: Type.Optional(quantity('Bytes with a unit suffix.', ['16Gi'])),
  storage: Type.Optional(quantity('Bytes with a unit suffix.', ['100Gi'])),
});
/** The limits of a cluster, as they were sent. */
export type ClusterResources = Static<typeof ClusterResources>;

/** Free-form alert settings, stored and echoed. */
const Alerts = freeForm('Free-form alert settings, stored and echoed.');

const LABEL_RULES =
  `Keys match ${LABEL_KEY_PATTERN} and are not below kupe.io/, values match ${LABEL_VALUE_PATTERN}, as in Kubernetes; ` +
  `at most ${LIMITS.labelsPerCluster}, and ${LIMITS.labelsBytes} bytes of JSON.`;
const labels = <Value>(type: string | readonly string[], description: string) =>
  Type.Unsafe<Record<string, Value>>({
    type: 'object',
    additionalProperties: { type },
    description: `${description} ${LABEL_RULES}`,
    examples: [{ env: 'prod', 'example.com/team': 'payments' }],
  });
/** Schema of the labels of a cluster. */
export const Labels = labels<string>('string', 'For your own use: lists can be filtered by them.');

/** Whether a cluster shares its nodes with other clusters. */
export const CLUSTER_TYPES = ['shared', 'dedicated'] as const;
const ClusterVersion = Type.String({
  maxLength: 32,
  description: 'A minor version of Kubernetes; empty means the default.',
  examples: ['1.32'],
});

/** Schema of the body that creates a cluster. */
export const ClusterCreate = strict({
  name: Type.String({ description: `Unique in the tenant; matches ${RESOURCE_NAME_PATTERN}.`, maxLength: 253, examples: ['production'] }),
  displayName: Type.Optional(
    Type.String({ maxLength: LIMITS.displayNameLength, description: 'For people; the name when absent or empty.' }),
  ),
  type: Type.Optional(oneOf(CLUSTER_TYPES, 'How the nodes are shared; `shared` when absent.')),
  version: Type.Optional(ClusterVersion),
  resources: Type.Optional(ClusterResources),
  alerts: Type.Optional(Alerts),
  labels: Type.Optional(Labels),
  highAvailability: Type.Optional(Type.Boolean({ description: 'Three replicas of the control plane; can be chosen at creation only.' })),
});
/** What a new cluster is to be. */
export type ClusterCreate = Static<typeof ClusterCreate>;

/** Schema of the body that changes a cluster: an absent field keeps its value, `resources: {}` clears all limits. */
export const ClusterPatch = strict({
  version: Type.Optional(ClusterVersion),
  resources: Type.Optional(ClusterResources),
  alerts: Type.Optional(Alerts),
  labels: Type.Optional(
    labels<string | null>(['string', 'null'], 'Each is set, or removed by null; others stay. An empty object removes all.'),
  ),
  highAvailability: Type.Optional(Type.Boolean({ description: 'Always refused: it is chosen at creation.' })),
});
/** What is to change about a cluster. */
export type ClusterPatch = Static<typeof ClusterPatch>;

/** Schema of a condition, as Kubernetes has it in `metav1.Condition`. */
export const Condition = Type.Object({
  type: Type.String(),
  status: oneOf(['True', 'False', 'Unknown'], 'Whether the condition holds.'),
  reason: Type.String(),
  message: Type.String(),
  lastTransitionTime: Time,
});
/** One aspect of a status, and since when it is so. */
export type Condition = Static<typeof Condition>;

const HA_PHASES = ['', 'pending', 'ha-healthy', 'ha-degraded', 'ha-unavailable'] as const;

/** Schema of what was observed of a cluster. A change of it moves the second part of the ETag only. */
export const ClusterStatus = Type.Object({
  phase: oneOf(CLUSTER_PHASES, 'Where the cluster is in its life.'),
  kubernetesVersion: Type.String({ description: 'The full version that runs, empty before the first.', examples: ['v1.32.3'] }),
  endpoint: Type.String({ description: 'Where its API answers; empty until it does.', examples: ['https://production.acme.kupe.cloud'] }),
  conditions: Type.Array(Condition),
  metrics: freeForm('Free-form measurements; may be empty.'),
  observedGeneration: Type.Integer({ description: 'The generation that is fully applied.' }),
  haConfigured: Type.Boolean(),
  haEnabledAt: Type.Optional(Time),
  haPhase: oneOf(HA_PHASES, 'Empty for a cluster that is not highly available.'),
  haReplicasReady: Type.Integer(),
  haReplicasDesired: Type.Integer(),
  haEtcdReplicasReady: Type.Integer(),
  haEtcdReplicasDesired: Type.Integer(),
});
/** What was observed of a cluster. */
export type ClusterStatus = Static<typeof ClusterStatus>;

/** Schema of a warning in a cluster that was accepted nevertheless. */
export const Warning = Type.Object({
  code: Type.String({ examples: ['HA_K8S_VERSION_RETIRING'] }),
  severity: Type.Literal('warning'),
  message: Type.String(),
  field: Type.Optional(Type.String()),
});
/** Something about a cluster that its owner should change. */
export type Warning = Static<typeof Warning>;

/** Schema of what a cluster would cost, in the answer to a write that was validated only. */
export const ClusterPrice = Type.Object(
  {
    perMonth: Type.String({
      description: 'A month of 730 hours at the present rates, without VAT and the fee of the plan.',
      examples: ['89.20'],
    }),
    currency: Type.Literal(CURRENCY),
  },
  { description: 'Only where validateOnly was sent.' },
);
/** What a cluster would cost. */
export type ClusterPrice = Static<typeof ClusterPrice>;

/** Schema of a cluster in an answer. */
export const Cluster = Type.Object({
  name: Type.String(),
  displayName: Type.String(),
  type: oneOf(CLUSTER_TYPES, 'How the nodes are shared.'),
  version: Type.String({ description: 'The version that was asked for, as it was written.' }),
  resources: ClusterResources,
  alerts: Type.Optional(Alerts),
  labels: Type.Optional(Labels),
  highAvailability: Type.Boolean(),
  status: ClusterStatus,
  generation: Type.Integer({ description: 'Moves by one with every change of the desired state.' }),
  resourceVersion: Type.String(),
  createdAt: Time,
  warnings: Type.Optional(Type.Array(Warning)),
  price: Type.Optional(ClusterPrice),
});
/** A cluster: what was asked for, and what was observed. */
export type Cluster = Static<typeof Cluster>;

/** Schema of the answer that lists the clusters of a tenant, by name. */
export const ClusterList = pageOf(Cluster);

/** What the reconciler can do next with a cluster. */
export const NEXT_STEPS = ['record', 'apply', 'destroy', 'remove', 'wait'] as const;

/** Schema of what the reconciler does next with a cluster, and why. */
export const ClusterExplanation = Type.Object({
  phase: oneOf(CLUSTER_PHASES, 'Where the cluster is in its life.'),
  next: oneOf(
    NEXT_STEPS,
    'record: what was observed; apply: the desired state; destroy: what the engine has; remove: the cluster itself; wait: nothing to do.',
  ),
  message: Type.String({ description: 'The next step and its reason, for a person.' }),
  waitingFor: Type.String({ description: 'What is waited for; empty when nothing.' }),
  since: Type.Optional(Type.String({ format: 'date-time', description: 'Since when the present change, or the deletion, is worked on.' })),
  checkInSeconds: Type.Optional(Type.Integer({ description: 'How long a wait lasts before the cluster is looked at again.' })),
  generation: Type.Integer(),
  observedGeneration: Type.Integer({ description: 'The generation that is fully applied.' }),
});
/** What the reconciler does next with a cluster. */
export type ClusterExplanation = Static<typeof ClusterExplanation>;

/** What a client needs to build a kubeconfig: it puts its own token in. */
export const ConnectionDetails = Type.Object({
  endpoint: Type.String({ examples: ['https://production.acme.kupe.cloud'] }),
  certificateAuthority: Type.String({ description: 'The cluster CA: PEM, encoded as base64.' }),
});
/** The address and the CA of a cluster's API server. */
export type ConnectionDetails = Static<typeof ConnectionDetails>;

/** A request for a client certificate. */
export const ClientCertificateRequest = strict({
  lifetimeSeconds: Type.Optional(
    Type.Integer({
      minimum: LIMITS.certificateLeastSeconds,
      maximum: LIMITS.certificateMostSeconds,
      description:
        'How long it is valid; an hour where nothing is said. It never outlives the API key that asks, and for a person it is an hour at most.',
    }),
  ),
});
/** How long a client certificate is to be valid. */
export type ClientCertificateRequest = Static<typeof ClientCertificateRequest>;

/** A certificate with which kubectl signs in without a token. The key is in this answer and in no other. */
export const ClientCertificate = Type.Object({
  certificate: Type.String({ description: 'PEM, encoded as base64.' }),
  privateKey: Type.String({ description: 'PEM, encoded as base64.' }),
  expiresAt: Time,
});
/** A client certificate with its key. */
export type ClientCertificate = Static<typeof ClientCertificate>;
