import { type AuditedField, formatTime } from '@openkupe/contract';
import type { Kind, Kinds, Resource } from '../store/resource.ts';
import type { AuditEntry, Write, WriteOf } from '../store/store.ts';
import { boundedFields, movedFields } from './moved-fields.ts';

/** The address of what is done on the machine of the server: on the operator's socket, and at its start. */
export const LOCAL = 'local';

/** What the audit is to say of a change, beside what the change itself says. */
export interface AuditedChange {
  readonly target: string;
  readonly writes: readonly Write[];
  /** What was loaded: among it is what the writes replace. */
  readonly loaded: readonly unknown[];
  /** The fields that moved, where they do not stand in what is written. */
  readonly fields?: readonly AuditedField[] | undefined;
}

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
  cluster: {
    displayName: 'shown',
    type: 'shown',
    version: 'shown',
    resources: 'shown',
    alerts: 'shown',
    labels: 'shown',
    highAvailability: 'shown',
  },
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
  'engine-choice': { shared: 'internal', dedicated: 'internal' },
  sandbox: { sealed: 'secret' },
  'secret-value': { sealed: 'secret', versionBefore: 'internal' },
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

/** Fields that are times, which are stored in epoch milliseconds. */
const TIMES: ReadonlySet<string> = new Set(['#/replacedBy/endsAt', '#/oldSecretEndsAt']);

/** A field that is a time as the API shows it. */
function withTimes(field: AuditedField): AuditedField {
  if (!TIMES.has(field.pointer)) return field;
  const shown = (value: unknown) => (typeof value === 'number' ? formatTime(value) : value);
  const { before, after } = field;
  return { ...field, ...(before === undefined ? {} : { before: shown(before) }), ...(after === undefined ? {} : { after: shown(after) }) };
}

/** The fields of a resource that a write moves. `before` is what it replaces. */
function auditedFields<K extends Kind>(write: WriteOf<K>, before: Resource<K> | undefined): AuditedField[] {
  if (write.verb === 'observe-if') return [];
  const was = (before?.spec ?? {}) as Spec;
  const is = ('spec' in write ? write.spec : {}) as Spec;
  const disclosures = DISCLOSURES[write.key.kind] as Readonly<Record<string, Disclosure>>;
  return Object.entries(disclosures).flatMap(([field, disclosure]): AuditedField[] => {
    if (disclosure === 'internal' || was[field] === is[field]) return [];
    if (disclosure === 'secret') return [{ pointer: `#/${field}`, withheld: 'secret' }];
    return movedFields({ [field]: was[field] }, { [field]: is[field] }, DEPTH).map(withTimes);
  });
}

/** The write that the change is about: of what the target names, or the first one, and a status only where nothing else is written. */
function mainWrite({ writes, target }: AuditedChange): Write | undefined {
  const desired = writes.filter(({ verb }) => verb !== 'observe-if');
  return desired.find(({ key }) => target.endsWith(`/${key.name}`)) ?? desired[0] ?? writes[0];
}

/** Among what was loaded, the resource that a write replaces. */
function replacedBy({ key: { kind, tenant, name }, verb }: Write, loaded: readonly unknown[]): Resource | undefined {
  if (verb === 'create') return undefined;
  return (loaded as readonly (Partial<Resource> | undefined)[]).find(
    (one): one is Resource => one?.kind === kind && one.tenant === tenant && one.name === name && one.uid !== undefined,
  );
}

/** The row of the audit about a change. */
export function auditEntry(
  who: Pick<AuditEntry, 'tenant' | 'tenantUid' | 'actor' | 'action' | 'address' | 'requestId'>,
  change: AuditedChange,
): AuditEntry {
  const write = mainWrite(change);
  const before = write && replacedBy(write, change.loaded);
  const targetUid = (write && 'uid' in write ? write.uid : before?.uid) ?? '';
  const fields = change.fields ?? (write ? auditedFields(write as WriteOf<Kind>, before) : []);
  return { ...who, target: change.target, targetUid, fields: boundedFields(fields) };
}
