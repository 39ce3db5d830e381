import type { OperatorPlanSet } from '@openkupe/contract/operator';
import type { Plan } from '@openkupe/contract/resources/plan';
import { command, parsed, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { operate, SOCKET_FLAGS } from '../../operator/operator-call.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { PLAN_VIEW } from '../../output/views.ts';

function count(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw misuse(`"${text}" is no whole number; write for example 5.`);
  return Number(text);
}

/** The fields that were given; `undefined` when none was. */
function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } | undefined {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> });
}

/** `GET plans` on the operator socket. */
export const operatorPlanList = command({
  path: 'operator plan list',
  summary: 'List the plans of this installation, cheapest first.',
  examples: [{ run: 'openkupe operator plan list -o wide', why: 'with what is observed' }],
  args: {},
  flags: SOCKET_FLAGS,
  formats: FORMATS,
  isRemote: false,
  async run({ flags }, context) {
    const { items } = await operate<{ items: Plan[] }>(flags, context, { method: 'GET', path: ['plans'] });
    return list(items, PLAN_VIEW);
  },
});

/** `PUT plans/{plan}` on the operator socket. */
export const operatorPlanSet = command({
  path: 'operator plan set',
  summary: 'Change a plan, or add one. Fields that are not given stay; a new plan needs all of them.',
  details: 'A tenant that uses more than its plan now allows keeps what it has, and gets nothing more.',
  examples: [
    { run: 'openkupe operator plan set pro --fee 59.00 --max-clusters 8', why: 'the rest of the plan stays' },
    { run: 'openkupe operator plan set pro --cpu 16 --memory 64', why: 'cores and GiB of the pool' },
  ],
  args: { plan: { summary: 'The name of the plan.' } },
  flags: {
    displayName: text('name', 'For display.'),
    fee: text('amount', 'GBP a month, with two places.'),
    cpu: text('cores', 'The pool of a tenant.'),
    memory: text('GiB', 'The pool of a tenant.'),
    storage: text('GiB', 'The pool of a tenant.'),
    maxClusters: parsed('n', 'Clusters of a tenant.', count),
    activeSeries: parsed('n', 'Metrics without overage.', count),
    logs: parsed('GB', 'Logs a month without overage.', count),
    retention: parsed('days', 'How long metrics and logs are kept.', count),
    receivers: parsed('n', 'Alert receivers of a tenant.', count),
    ...SOCKET_FLAGS,
  },
  formats: FORMATS,
  isRemote: false,
  async run({ args, flags }, context) {
    const { displayName, fee, cpu, memory, storage, maxClusters, activeSeries, logs, retention, receivers } = flags;
    const body = given({
      displayName,
      platformFee: fee,
      maxClusters,
      resourcePool: given({ cpu, memory, storage }),
      observabilityPool: given({ maxActiveSeries: activeSeries, logIngestGB: logs, retentionDays: retention, maxReceivers: receivers }),
    });
    if (!body) throw misuse('There is nothing to change; pass at least one of the plan’s fields, for example --fee.');
    const sent: OperatorPlanSet = body;
    const changed = await operate<Plan>(flags, context, { method: 'PUT', path: ['plans', args.plan], body: sent });
    return object(changed, PLAN_VIEW);
  },
});
