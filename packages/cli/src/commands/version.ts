import { command } from '../command.ts';
import { object } from '../output/result.ts';
import { VERSION } from '../version.ts';

/** Prints the versions of the CLI and of Node; no request. */
export const version = command({
  path: 'version',
  summary: 'Print the version of openkupe and of the Node it runs on.',
  examples: [{ run: 'openkupe version -o json', why: 'for a bug report' }],
  args: {},
  flags: {},
  formats: ['table', 'json', 'yaml'],
  isRemote: false,
  async run(_, { io }) {
    const item = { version: VERSION, node: io.node.version };
    return object(item, {
      kind: 'version',
      nameOf: () => VERSION,
      fields: [
        { title: 'OPENKUPE', value: () => VERSION },
        { title: 'NODE', value: () => io.node.version },
      ],
    });
  },
});
