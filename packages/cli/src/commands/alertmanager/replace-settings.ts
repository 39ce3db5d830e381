import { isDeepStrictEqual } from 'node:util';
import type { Alertmanager, AlertmanagerSettings, AlertRoute, Receiver } from '@openkupe/sdk';
import { Failure, misuse } from '../../failure/failure.ts';
import { toFailure } from '../../failure/from-error.ts';

/** The parts of a configuration that a file has. */
export type SettingsFile = Partial<AlertmanagerSettings>;

const PARTS = ['global', 'receivers', 'routes'] as const;

/** Reads the fields of a file as a configuration. Fails with exit code 2 for a field that is none, or for a receiver without a name. */
export function readSettings(fields: Readonly<Record<string, unknown>>): SettingsFile {
  const unknown = Object.keys(fields).find((name) => !(PARTS as readonly string[]).includes(name));
  if (unknown !== undefined) throw misuse(`The configuration has no field ${unknown}; its fields are ${PARTS.join(', ')}.`);
  for (const part of ['receivers', 'routes'] as const) {
    if (fields[part] !== undefined && !Array.isArray(fields[part])) throw misuse(`${part} must be a list.`);
  }
  const names = ((fields.receivers ?? []) as (Receiver | null)[]).map((receiver) => receiver?.name);
  const unnamed = names.findIndex((name) => typeof name !== 'string');
  if (unnamed !== -1) throw misuse(`receivers[${unnamed}] has no name; give it one.`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw misuse(`There are two receivers "${twice}"; give each a name of its own.`);
  return fields as SettingsFile;
}

interface Replacement {
  readonly current: AlertmanagerSettings;
  readonly wanted: SettingsFile;
  /** The version that `current` has. */
  readonly etag: string;
}

type Step = readonly [what: string, run: (ifMatch: string) => Promise<{ readonly etag?: string }>];

/** The requests that lead from one to the other, in an order in which no route ever names a receiver that is not there. */
function stepsOf({ receivers, routes, global }: Alertmanager, { current, wanted }: Replacement, signal: AbortSignal): Step[] {
  const known = new Map(current.receivers.map((receiver) => [receiver.name, receiver]));
  const kept = new Set((wanted.receivers ?? current.receivers).map(({ name }) => name));
  const changed = (wanted.receivers ?? []).filter((receiver) => !isDeepStrictEqual(receiver, known.get(receiver.name)));
  const steps: Step[] = [];
  if (wanted.global && !isDeepStrictEqual(wanted.global, current.global)) {
    steps.push(['global', (ifMatch) => global.put(wanted.global ?? {}, { ifMatch, signal })]);
  }
  for (const receiver of changed) {
    const { name = '' } = receiver;
    // NOTE: what is not there yet has no version: a condition on it is never met.
    steps.push([`receiver ${name}`, (ifMatch) => receivers.put(name, receiver, { signal, ...(known.has(name) && { ifMatch }) })]);
  }
  if (wanted.routes && !isDeepStrictEqual(wanted.routes, current.routes)) {
    steps.push(['routes', (ifMatch) => routes.put(wanted.routes as AlertRoute[], { ifMatch, signal })]);
  }
  for (const { name = '' } of current.receivers) {
    if (!kept.has(name)) steps.push([`receiver ${name} deleted`, (ifMatch) => receivers.delete(name, { ifMatch, signal })]);
  }
  return steps;
}

/**
 * Makes the configuration what is wanted, each request under the version that the one before it made. Returns what was written. A failure
 * says what had been written before it.
 */
export async function replaceSettings(alertmanager: Alertmanager, replacement: Replacement, signal: AbortSignal): Promise<string[]> {
  let { etag } = replacement;
  const sent: string[] = [];
  for (const [what, run] of stepsOf(alertmanager, replacement, signal)) {
    try {
      const made = await run(etag);
      sent.push(what);
      // NOTE: a deletion answers no version.
      etag = made.etag ?? (await alertmanager.get({ signal })).etag ?? etag;
    } catch (error) {
      const failure = toFailure(error);
      const before = sent.length === 0 ? '' : ` Written before that: ${sent.join(', ')}.`;
      throw new Failure(`${failure.message} It was about ${what}.${before}`, failure.details);
    }
  }
  return sent;
}
