import { command, required, short, text } from '../../command.ts';
import { readFields } from '../../files/read-fields.ts';
import { asDocument, DOCUMENT_FORMATS } from '../../output/document.ts';
import { IF_MATCH_FLAG, onlyIf, valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForConfiguration } from './next-step.ts';

/** `GET …/alertmanager/global`. */
export const globalGet = command({
  path: 'alertmanager global get',
  summary: 'Show the global settings, their credentials masked.',
  examples: [{ run: 'openkupe alertmanager global get', why: 'as `global put` takes them' }],
  args: {},
  flags: {},
  formats: DOCUMENT_FORMATS,
  isRemote: true,
  async run(_, context) {
    return asDocument((await (await context.client()).alertmanager.global.get({ signal: context.signal })).value);
  },
});

/** `PUT …/alertmanager/global`. */
export const globalPut = command({
  path: 'alertmanager global put',
  summary: 'Replace the global settings; {} clears them.',
  examples: [{ run: 'openkupe alertmanager global put -f global.yaml', why: 'from a file' }],
  args: {},
  flags: { file: required(short('f', text('file', 'A file with the settings, - for stdin.'))), ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: DOCUMENT_FORMATS,
  isRemote: true,
  next: nextForConfiguration,
  async run({ flags: { file, ifMatch, validateOnly } }, context) {
    const settings = await readFields(file, context.io);
    const options = { signal: context.signal, validateOnly, ...onlyIf(ifMatch) };
    const { value } = await (await context.client()).alertmanager.global.put(settings, options);
    return validateOnly ? valid(context) : asDocument(value);
  },
});
