/** Runs one group of scenarios in virtual time and prints its rows as JSON: `node group.ts <group> <seeds>`. */
import type { Contestant } from './exchange.ts';
import type { Row } from './measure.ts';
import { installVirtualTime } from './virtual-time.ts';

installVirtualTime();
const { competitors } = (await import('./competitors.mjs' as string)) as { competitors: readonly Contestant[] };
const { ours } = await import('./ours.ts');
const all = [ours, ...competitors];

const GROUPS: Readonly<Record<string, (seeds: number) => Promise<Row[]>>> = {
  limits: async (seeds) => (await import('./scenario-limits.ts')).limits(competitors, ours, seeds),
  outages: async (seeds) => (await import('./scenario-outage.ts')).outages(all, seeds),
  steps: async (seeds) => (await import('./scenario-step.ts')).steps(all, seeds),
  conflicts: async (seeds) => (await import('./scenario-conflicts.ts')).conflicts(seeds),
  lost: async (seeds) => (await import('./scenario-lost-answers.ts')).lostAnswers(all, ours, seeds),
  provisioning: async (seeds) => (await import('./scenario-provisioning.ts')).provisioning(seeds),
  cancels: async (seeds) => (await import('./scenario-cancel.ts')).cancels(all, seeds),
  hostile: async (seeds) => (await import('./scenario-hostile.ts')).hostileHeaders(all, Math.min(seeds, 3)),
};

const [, , name = '', seeds = '20'] = process.argv;
const run = GROUPS[name];
if (!run) throw new RangeError(`There is no group "${name}"; the groups are ${Object.keys(GROUPS).join(', ')}`);
const rows = await run(Number(seeds));
const text = JSON.stringify(
  { rows, versions: Object.fromEntries(all.map(({ name: client, version }) => [client, version])) },
  (_, value) => (value === Number.POSITIVE_INFINITY ? 'never' : (value as unknown)),
);
process.stdout.write(text, () => process.exit(0));
