import type { AuditedField } from '@openkupe/contract';
import type { Kind, Kinds, Resource } from '../store/resource.ts';
import type { WriteOf } from '../store/store.ts';
import { fieldValues } from './field-values.ts';
import { movedFields } from './moved-fields.ts';

/** What the audit says of a field: what it was and is, only that it changed, or nothing, because it follows from others. */
type Disclosure = 'shown' | 'secret' | 'internal';

/** Every field of every kind. The type makes a new field that nothing is said of a compile error, so that no secret is shown by default. */
const DISCLOSURES: { readonly [K in Kind]: { readonly [Field in keyof Required<Kinds[K]['spec']>]: Disclosure } } = {
  tenant: {
    displayName: 'shown',
    contactEmail: 'shown',
    plan: 'shown',
    enforceMetricsLimit: 'shown',
    enforceLogLimit: 'shown',
    members: 'shown',
    removedMembers: 'internal',
    isMembersOnly: 'internal',
    suspended: 'shown',
    allowsDedicated: 'shown',
  },
  cluster: { displayName: 'shown', type: 'shown', version: 'shown', resources: 'shown', alerts: 'shown', highAvailability: 'shown' },
  secret: { secretPath: 'shown', sync: 'shown' },
  'api-key': {
    displayName: 'shown',
    role: 'shown',
    expiresAt: 'shown',
    scopes: 'shown',
    addressRanges: 'shown',
    createdBy: 'shown',
    keyHash: 'secret',
    replacedBy: 'shown',
  },
  // NOTE: what is sealed is opened by its handler, which names what changed in it.
  alertmanager: { sealed: 'internal', changedAt: 'internal' },
  // NOTE: the address may hold a credential.
  webhook: { url: 'secret', events: 'shown', isEnabled: 'shown', sealed: 'secret', oldSecretEndsAt: 'shown' },
  sandbox: { sealed: 'secret' },
  'secret-value': { sealed: 'secret' },
  'deletion-attempt': { at: 'internal' },
  setting: { plans: 'shown', versions: 'shown', isProvisioningPaused: 'shown' },
  invoice: {
    tenantUid: 'internal',
    periodStart: 'internal',
    periodEnd: 'internal',
    issuedAt: 'internal',
    billedUntil: 'internal',
    lines: 'internal',
    subtotal: 'internal',
    creditsApplied: 'internal',
    total: 'internal',
  },
};

/** Levels below a resource that have fields of their own: `#/members/owner@acme.example/role`. */
const DEPTH = 3;

type Spec = Readonly<Record<string, unknown>>;

/** The fields of a resource that a write moves. `before` is what it replaces. */
export function auditedFields<K extends Kind>(write: WriteOf<K>, before: Resource<K> | undefined): AuditedField[] {
  if (write.verb === 'observe-if') return [];
  const was = (before?.spec ?? {}) as Spec;
  const is = ('spec' in write ? write.spec : {}) as Spec;
  const disclosures = DISCLOSURES[write.key.kind] as Readonly<Record<string, Disclosure>>;
  return Object.entries(disclosures).flatMap(([field, disclosure]): AuditedField[] => {
    if (disclosure === 'internal' || was[field] === is[field]) return [];
    if (disclosure === 'secret') return [{ pointer: `#/${field}`, withheld: 'secret' }];
    return movedFields(fieldValues({ [field]: was[field] }, DEPTH), fieldValues({ [field]: is[field] }, DEPTH));
  });
}
