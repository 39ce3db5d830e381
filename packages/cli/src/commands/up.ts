import { command } from '../command.ts';
import { runServer } from './run-server.ts';

/** Runs the server as a child process in the foreground; its exit code is that of the command. */
export const up = command({
  path: 'up',
  summary: 'Start a control plane on this machine.',
  details: 'Everything after `up` is handed to the server as it is; `openkupe up --help` prints its settings. Ctrl-C stops it.',
  examples: [
    { run: 'openkupe up', why: 'on port 8080, data in ./data' },
    { run: 'openkupe up --port 9000 --write-env openkupe.env', why: 'then: source openkupe.env' },
  ],
  args: {},
  flags: {},
  formats: [],
  takesRest: true,
  ownsSignals: true,
  isRemote: false,
  run: ({ rest }, context) => runServer(rest, context),
});
