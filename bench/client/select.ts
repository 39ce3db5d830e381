import type { Subject } from './measure.ts';

/**
 * The indexes of the subjects that `terms` name: groups and scenarios narrow the scenarios, names of clients narrow the clients, no
 * term means all. Throws a RangeError for a term that names nothing.
 */
export function select(subjects: readonly Subject[], terms: readonly string[]): number[] {
  const scenarios = new Set(subjects.flatMap(({ group, scenario }) => [group, scenario]));
  const clients = new Set(subjects.map(({ client }) => client));
  const unknown = terms.find((term) => !scenarios.has(term) && !clients.has(term));
  if (unknown !== undefined) {
    const known = [...new Set(subjects.map(({ group }) => group))].join(', ');
    throw new RangeError(`"${unknown}" is neither a group (${known}) nor a scenario (A to J, A′, B′) nor the name of a client`);
  }
  const wanted = terms.filter((term) => scenarios.has(term));
  const who = terms.filter((term) => clients.has(term));
  return subjects.flatMap(({ group, scenario, client }, index) => {
    const isWanted = wanted.length === 0 || wanted.includes(group) || wanted.includes(scenario);
    return isWanted && (who.length === 0 || who.includes(client)) ? [index] : [];
  });
}
