import { command } from '../command.ts';
import { runSandbox } from './run-server.ts';

/** Runs the sandbox's own program: this one knows the API only. */
export const sandbox = command({
  path: 'sandbox',
  summary: 'Start a control plane for tests, with faults on demand and a clock that you move.',
  details:
    'A real control plane that is thrown away at Ctrl-C, on 127.0.0.1. Everything after `sandbox` is handed to its program as it is: options of the start, or fault, clock, timeline, reset and others for the sandbox that runs; `openkupe sandbox --help` prints them. docs/guide/sandbox.md has the faults and scenarios.',
  examples: [
    { run: 'openkupe sandbox --scenario monday-morning-storm --write-env sandbox.env', why: 'then: source sandbox.env' },
    { run: "openkupe sandbox fault add '429; retry-after=2' --route clusters.get --count 3", why: 'the next three reads are refused' },
    { run: 'openkupe sandbox clock advance 10m', why: 'what takes ten minutes is done' },
    { run: 'openkupe sandbox timeline', why: 'what a client did, and what it got' },
  ],
  args: {},
  flags: {},
  formats: [],
  takesRest: true,
  ownsSignals: true,
  isRemote: false,
  run: ({ rest }, context) => runSandbox(rest, context),
});
