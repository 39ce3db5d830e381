import type { Client } from '../client.ts';
import { readSettings, replaceSettings } from '../commands/alertmanager/replace-settings.ts';
import type { Shape } from '../files/read-fields.ts';

type Fields = Readonly<Record<string, unknown>>;
/** Gives the patch for what is there now; undefined where nothing is to change. May throw, which ends the update. */
export type Change = (current: Fields) => Fields | undefined;

interface Sending {
  readonly signal: AbortSignal;
  readonly idempotencyKey?: string;
  readonly validateOnly?: boolean;
}

/** A kind of object that files describe, and how it is read and written. */
export interface Kind {
  readonly kind: string;
  /** The field that names it; without one there is a single object of the kind. */
  readonly named?: 'name' | 'email';
  /** Fields that can be changed. The others are chosen when it is made. */
  readonly changeable: readonly string[];
  readonly shape: Shape;
  /** What is there; undefined when it does not exist. */
  find(client: Client, name: string, signal: AbortSignal): Promise<Fields | undefined>;
  create?(client: Client, body: Fields, sending: Sending): Promise<Fields>;
  /** Reads, changes and writes under the version that was read; begins again when another client was faster. */
  update(client: Client, name: string, change: Change, signal: AbortSignal): Promise<void>;
  /** Asks whether a patch would be accepted; absent where the API cannot say so. */
  validate?(client: Client, name: string, patch: Fields, signal: AbortSignal): Promise<Fields>;
}

async function found(reading: Promise<{ readonly value: object }>): Promise<Fields | undefined> {
  try {
    return (await reading).value as Fields;
  } catch (error) {
    if ((error as { status?: unknown }).status === 404) return undefined;
    throw error;
  }
}

const collection = (resources: 'clusters' | 'secrets' | 'webhooks') =>
  ({
    find: (client, name, signal) => found(client[resources].get(name, { signal })),
    create: async (client, body, options) => (await client[resources].create(body as never, options)).value as unknown as Fields,
    update: async (client, name, change, signal) => {
      await client[resources].update(name, change as never, { signal });
    },
    validate: async (client, name, patch, signal) =>
      (await client[resources].patch(name, patch as never, { signal, validateOnly: true })).value as unknown as Fields,
  }) satisfies Partial<Kind>;

/** Rounds of reading and writing a member, which is part of the tenant: any change of that moves its version. */
const MEMBER_ROUNDS = 8;

async function updateMember(client: Client, email: string, change: Change, signal: AbortSignal): Promise<void> {
  for (let round = 1; ; round += 1) {
    const { value, etag } = await client.tenant.get({ signal });
    const patch = change(value.members.find((member) => member.email === email.toLowerCase()) ?? {});
    if (!patch) return;
    try {
      await client.members.patch(email, patch as never, { signal, ...(etag !== undefined && { ifMatch: etag }) });
      return;
    } catch (error) {
      if ((error as { status?: unknown }).status !== 412 || round === MEMBER_ROUNDS) throw error;
    }
  }
}

const RESOURCES = { cpu: 'text', memory: 'text', storage: 'text' } as const;

/** The kinds, in the order in which they are listed for people. */
export const KINDS: readonly Kind[] = [
  {
    kind: 'cluster',
    named: 'name',
    changeable: ['version', 'resources', 'alerts', 'labels'],
    shape: { name: 'text', displayName: 'text', type: 'text', version: 'text', resources: RESOURCES, highAvailability: 'boolean' },
    ...collection('clusters'),
  },
  {
    kind: 'secret',
    named: 'name',
    changeable: ['sync'],
    shape: { name: 'text', secretPath: 'text' },
    ...collection('secrets'),
  },
  {
    kind: 'webhook',
    named: 'name',
    changeable: ['url', 'events', 'enabled'],
    shape: { name: 'text', url: 'text', enabled: 'boolean' },
    ...collection('webhooks'),
  },
  {
    kind: 'member',
    named: 'email',
    changeable: ['role'],
    shape: { email: 'text', role: 'text' },
    async find(client, email, signal) {
      const { value } = await client.members.list({ signal });
      return value.find((member) => member.email === email.toLowerCase()) as Fields | undefined;
    },
    create: async (client, body, options) => (await client.members.create(body as never, options)).value as Fields,
    update: updateMember,
    validate: async (client, email, patch, signal) =>
      (await client.members.patch(email, patch as never, { signal, validateOnly: true })).value as Fields,
  },
  {
    kind: 'tenant',
    changeable: ['plan', 'enforceMetricsLimit', 'enforceLogLimit'],
    shape: { plan: 'text', enforceMetricsLimit: 'boolean', enforceLogLimit: 'boolean' },
    find: (client, _name, signal) => found(client.tenant.get({ signal })),
    async update(client, _name, change, signal) {
      await client.tenant.update(change as never, { signal });
    },
    validate: async (client, _name, patch, signal) =>
      (await client.tenant.patch(patch as never, { signal, validateOnly: true })).value as unknown as Fields,
  },
  {
    kind: 'alertmanager',
    changeable: ['global', 'receivers', 'routes'],
    shape: { global: {} },
    find: (client, _name, signal) => found(client.alertmanager.get({ signal })),
    async update({ alertmanager }, _name, change, signal) {
      const { value, etag = '' } = await alertmanager.get({ signal });
      const patch = change(value as unknown as Fields);
      if (patch) await replaceSettings(alertmanager, { current: value, wanted: readSettings(patch), etag }, signal);
    },
  },
];

/** The kind of that name, in any case. */
export function kindNamed(name: string): Kind | undefined {
  return KINDS.find(({ kind }) => kind === name.toLowerCase());
}

/** The fields of an object that can be changed. */
export function changeableFields({ changeable }: Kind, value: Fields): Record<string, unknown> {
  return Object.fromEntries(changeable.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]));
}
