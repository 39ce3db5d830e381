import { command, required, short, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { readFields } from '../../files/read-fields.ts';
import { asDocument, DOCUMENT_FORMATS } from '../../output/document.ts';
import { IF_MATCH_FLAG } from '../done.ts';
import { nextForConfiguration } from './next-step.ts';
import { readSettings, replaceSettings } from './replace-settings.ts';

/** `GET …/alertmanager/config`. */
export const alertmanagerGet = command({
  path: 'alertmanager get',
  summary: 'Show the whole configuration of Alertmanager, its credentials masked.',
  examples: [{ run: 'openkupe alertmanager get > alertmanager.yaml', why: 'as `alertmanager put` takes it' }],
  args: {},
  flags: {},
  formats: DOCUMENT_FORMATS,
  isRemote: true,
  async run(_, context) {
    return asDocument((await (await context.client()).alertmanager.get({ signal: context.signal })).value);
  },
});

/** The PUTs and DELETEs that lead to what a file has, each with `If-Match`. */
export const alertmanagerPut = command({
  path: 'alertmanager put',
  summary: 'Make the configuration of Alertmanager what a file has.',
  details:
    'It sends what differs: settings and receivers, then the routes, then it deletes the receivers that the file does not have. A part that the ' +
    'file does not name stays. Each is sent only if no other client changed the configuration since it was read, except for a receiver that is new. Where the file says <secret> the stored ' +
    'credential stays.',
  examples: [{ run: 'openkupe alertmanager put -f alertmanager.yaml', why: 'after editing what `alertmanager get` wrote' }],
  args: {},
  flags: { file: required(short('f', text('file', 'A file with global, receivers and routes, - for stdin.'))), ...IF_MATCH_FLAG },
  formats: DOCUMENT_FORMATS,
  isRemote: true,
  hasScript: false,
  next: nextForConfiguration,
  async run({ flags: { file, ifMatch } }, context) {
    const wanted = readSettings(await readFields(file, context.io, { global: {} }));
    const client = await context.client();
    const current = await client.alertmanager.get({ signal: context.signal });
    const etag = ifMatch ?? current.etag;
    if (etag === undefined) throw misuse('The server says no version of the configuration, so nothing was sent; put its parts one by one.');
    const sent = await replaceSettings(client.alertmanager, { current: current.value, wanted, etag }, context.signal);
    context.note(sent.length === 0 ? 'It is like that already; nothing was sent.' : `Written: ${sent.join(', ')}.`);
    return asDocument((await client.alertmanager.get({ signal: context.signal })).value);
  },
});
