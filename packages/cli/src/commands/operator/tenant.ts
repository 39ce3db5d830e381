import type { OperatorTenant, OperatorTenantPatch } from '@openkupe/contract/operator';
import { type Context, command, on, required, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { operate, SOCKET_FLAGS, type SocketFlags } from '../../operator/operator-call.ts';
import { OPERATOR_TENANT_VIEW } from '../../operator/operator-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object, type Result } from '../../output/result.ts';
import { confirmDeletion } from '../confirm-deletion.ts';

const TENANT = { name: { summary: 'The tenant.' } };

async function patch(name: string, body: OperatorTenantPatch, flags: SocketFlags, context: Context): Promise<Result> {
  const changed = await operate<OperatorTenant>(flags, context, { method: 'PATCH', path: ['tenants', name], body });
  return object(changed, OPERATOR_TENANT_VIEW);
}

/** `GET tenants` on the operator socket. */
export const operatorTenantList = command({
  path: 'operator tenant list',
  summary: 'List every tenant of this installation.',
  examples: [{ run: 'openkupe operator tenant list -o wide', why: 'with the reasons of suspensions' }],
  args: {},
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ flags }, context) {
    const { items } = await operate<{ items: OperatorTenant[] }>(flags, context, { method: 'GET', path: ['tenants'] });
    return list(items, OPERATOR_TENANT_VIEW);
  },
});

/** `POST tenants` on the operator socket. */
export const operatorTenantCreate = command({
  path: 'operator tenant create',
  summary: 'Create a tenant. Its owner is its first admin; its first key is a command of its own.',
  examples: [{ run: 'openkupe operator tenant create acme --owner owner@acme.example --plan pro', why: 'then: operator key issue acme' }],
  args: { name: { summary: 'Letters, digits and hyphens; cannot be changed.' } },
  flags: {
    owner: required(text('email', 'Who owns the tenant, and may delete it.')),
    displayName: text('name', 'For display; the name if not given.'),
    plan: text('plan', 'The cheapest plan if not given.'),
    dedicated: on('Allow clusters with nodes of their own.'),
    ...SOCKET_FLAGS,
  },
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const { owner, displayName, plan, dedicated } = flags;
    const body = {
      name: args.name,
      contactEmail: owner,
      ...(displayName === undefined ? {} : { displayName }),
      ...(plan === undefined ? {} : { plan }),
      ...(dedicated ? { allowsDedicated: true } : {}),
    };
    const made = await operate<OperatorTenant>(flags, context, { method: 'POST', path: ['tenants'], body });
    return object(made, OPERATOR_TENANT_VIEW);
  },
});

/** `PATCH tenants/{tenant}` with `isSuspended: true` on the operator socket: all of its requests answer 403 with the reason. */
export const operatorTenantSuspend = command({
  path: 'operator tenant suspend',
  summary: 'Refuse every request of a tenant, reads too, until it is resumed. Its clusters run on.',
  examples: [{ run: 'openkupe operator tenant suspend acme --reason "invoice 2026-03 is overdue"', why: 'its members see the reason' }],
  args: TENANT,
  flags: { reason: required(text('text', 'Shown to its members.')), ...SOCKET_FLAGS },
  formats: FORMATS,
  isRemote: false,
  run: ({ args, flags }, context) => patch(args.name, { isSuspended: true, reason: flags.reason }, flags, context),
});

/** `PATCH tenants/{tenant}` with `isSuspended: false` on the operator socket. */
export const operatorTenantResume = command({
  path: 'operator tenant resume',
  summary: 'Let a suspended tenant in again.',
  examples: [{ run: 'openkupe operator tenant resume acme', why: 'its keys work again at once' }],
  args: TENANT,
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  run: ({ args, flags }, context) => patch(args.name, { isSuspended: false }, flags, context),
});

/** `PATCH tenants/{tenant}` with `allowsDedicated` on the operator socket. */
export const operatorTenantDedicated = command({
  path: 'operator tenant dedicated',
  summary: 'Allow a tenant clusters with nodes of their own, or no longer; those that exist stay.',
  examples: [{ run: 'openkupe operator tenant dedicated acme on', why: 'cluster create --type dedicated is accepted then' }],
  args: { ...TENANT, state: { summary: '`on` or `off`.' } },
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    if (args.state !== 'on' && args.state !== 'off') throw misuse(`The state is "${args.state}"; use on or off.`);
    return patch(args.name, { allowsDedicated: args.state === 'on' }, flags, context);
  },
});

/** `DELETE tenants/{tenant}` on the operator socket, after a confirmation. */
export const operatorTenantDelete = command({
  path: 'operator tenant delete',
  summary: 'Delete a tenant with its secrets, members and keys. Its invoices and its audit stay.',
  details:
    'Accepted at once and carried out by the server; `operator tenant list` shows it as Terminating until it is gone. On a terminal its name must be typed; elsewhere --yes is needed.',
  examples: [
    { run: 'openkupe operator tenant delete acme', why: 'asks for its name; refused while it has clusters' },
    { run: 'openkupe operator tenant delete acme --cascade --yes', why: 'its clusters too, in a script' },
  ],
  args: TENANT,
  flags: { cascade: on('Delete its clusters, too.'), yes: on('Do not ask.'), ...SOCKET_FLAGS },
  formats: FORMATS,
  isRemote: false,
  async run({ args: { name }, flags }, context) {
    const typed = `openkupe operator tenant delete ${name}${flags.cascade ? ' --cascade' : ''}`;
    const loses = flags.cascade ? 'its clusters, secrets, members and keys' : 'its secrets, members and keys';
    await confirmDeletion(context, { noun: 'tenant', name, loses, command: typed }, flags.yes);
    const body = { confirm: name, ...(flags.cascade ? { cascade: true } : {}) };
    return object(await operate<OperatorTenant>(flags, context, { method: 'DELETE', path: ['tenants', name], body }), OPERATOR_TENANT_VIEW);
  },
});
