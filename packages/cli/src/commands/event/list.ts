import { EVENT_KINDS, type Event } from '@openkupe/contract/resources/event';
import type { EventNotice, EventOptions } from '@openkupe/sdk';
import { type Context, choice, command, on, parsed, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS, type Format } from '../../output/format.ts';
import { list } from '../../output/result.ts';
import { EVENT_VIEW } from '../../output/views.ts';

function parseRevision(given: string): number {
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw misuse(`--after ${JSON.stringify(given)} is not possible; give the revision of an event, a whole number.`);
}

function lineOf(notice: EventNotice, format: Format): string {
  if ('resync' in notice) return '';
  const { event } = notice;
  if (format === 'json') return `${JSON.stringify(event)}\n`;
  if (format === 'yaml')
    return `---\n${Object.entries(event)
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
      .join('')}`;
  if (format === 'name') return `event/${event.kind}/${event.name}\n`;
  return `${event.at}  ${event.kind}/${event.name}  ${event.type}  ${event.message}\n`;
}

/** Writes each event as it comes, until the command is interrupted or its reader has gone. */
async function watch({ format, io, note, client }: Context, options: EventOptions): Promise<void> {
  const { events } = await client();
  for await (const notice of events.watch(options)) {
    if ('resync' in notice) note('Events are missing here: the server does not keep them any more.');
    io.stdout.write(lineOf(notice, format));
    if (await io.stdout.flush()) return;
  }
}

/** `GET /tenants/{tenant}/events`. */
export const eventList = command({
  path: 'event list',
  summary: 'Show what happened in the tenant, oldest first.',
  details: 'With --watch it goes on with what happens, one event a line, until it is interrupted; it connects again by itself.',
  examples: [
    { run: 'openkupe event list', why: 'what the server still knows' },
    { run: 'openkupe event list --watch --kind cluster', why: 'clusters, as they change' },
    { run: 'openkupe event list --watch --name production -o json', why: 'one JSON object a line, for a program' },
  ],
  args: {},
  flags: {
    watch: on('Go on with what happens; without --after from now on.'),
    after: parsed('revision', 'Begin behind this revision.', parseRevision),
    kind: choice('kind', 'Only events about this.', EVENT_KINDS),
    name: text('name', 'Only events about what has this name.'),
  },
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run({ flags }, context) {
    const { after, kind, name } = flags;
    const options = { after, kind, name, signal: context.signal };
    if (!flags.watch) return list<Event>(await (await context.client()).events.list(options), EVENT_VIEW);
    await watch(context, options);
    return { kind: 'nothing' };
  },
});
