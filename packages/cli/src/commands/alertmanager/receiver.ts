import type { Receiver } from '@openkupe/contract/resources/alertmanager';
import { command, required, short, text } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { readFields } from '../../files/read-fields.ts';
import { RECEIVER_VIEW } from '../../output/alertmanager-views.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { deleted, IF_MATCH_FLAG, onlyIf, valid } from '../done.ts';
import { VALIDATE_FLAG } from '../validate-flag.ts';
import { nextForReceiver } from './next-step.ts';

const NAME = { name: { summary: 'The name of the receiver.', names: 'receiver' } } as const;

/** `GET …/alertmanager/receivers`. */
export const receiverList = command({
  path: 'alertmanager receiver list',
  summary: 'List the receivers, by name.',
  examples: [{ run: 'openkupe alertmanager receiver list', why: 'and what each of them uses' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: true,
  isList: true,
  async run(_, context) {
    return list((await (await context.client()).alertmanager.receivers.list({ signal: context.signal })).value, RECEIVER_VIEW);
  },
});

/** `GET …/alertmanager/receivers/{receiver}`. */
export const receiverGet = command({
  path: 'alertmanager receiver get',
  summary: 'Show a receiver, its credentials masked.',
  examples: [{ run: 'openkupe alertmanager receiver get on-call -o yaml', why: 'as `receiver put` takes it' }],
  args: NAME,
  flags: {},
  formats: FORMATS,
  isRemote: true,
  next: nextForReceiver,
  async run({ args: { name } }, context) {
    return object((await (await context.client()).alertmanager.receivers.get(name, { signal: context.signal })).value, RECEIVER_VIEW);
  },
});

/** `PUT …/alertmanager/receivers/{receiver}`. */
export const receiverPut = command({
  path: 'alertmanager receiver put',
  summary: 'Make or replace a receiver.',
  details: 'The file has the fields of Alertmanager, such as webhook_configs. Where it says <secret> the stored credential stays.',
  examples: [{ run: 'openkupe alertmanager receiver put on-call -f receiver.yaml', why: 'from a file' }],
  args: NAME,
  flags: { file: required(short('f', text('file', 'A file with the receiver, - for stdin.'))), ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForReceiver,
  async run({ args: { name }, flags: { file, ifMatch, validateOnly } }, context) {
    const receiver = (await readFields(file, context.io, { name: 'text' })) as Receiver;
    if (receiver.name !== undefined && receiver.name !== name) {
      throw misuse(`The file names the receiver "${receiver.name}" and the command line "${name}"; give one of them.`);
    }
    const { receivers } = (await context.client()).alertmanager;
    const { value } = await receivers.put(name, receiver, { signal: context.signal, validateOnly, ...onlyIf(ifMatch) });
    return validateOnly ? valid(context) : object(value, RECEIVER_VIEW);
  },
});

/** `DELETE …/alertmanager/receivers/{receiver}`. */
export const receiverDelete = command({
  path: 'alertmanager receiver delete',
  summary: 'Delete a receiver that no route names.',
  examples: [{ run: 'openkupe alertmanager receiver delete on-call', why: 'after its routes' }],
  args: NAME,
  flags: { ...IF_MATCH_FLAG, ...VALIDATE_FLAG },
  formats: FORMATS,
  isRemote: true,
  next: nextForReceiver,
  async run({ args: { name }, flags: { ifMatch, validateOnly } }, context) {
    const { receivers } = (await context.client()).alertmanager;
    await receivers.delete(name, { signal: context.signal, validateOnly, ...onlyIf(ifMatch) });
    return validateOnly ? valid(context) : deleted('receiver', name);
  },
});
