import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Sandbox } from '../sandbox.ts';
import { startSandbox } from '../start-sandbox.ts';
import { readState } from '../state/data-folder-state.ts';
import type { CommandPorts } from './command-ports.ts';
import { CONTROL_VARIABLES } from './control-variables.ts';

const OPTIONS = {
  scenario: { type: 'string' },
  seed: { type: 'string' },
  port: { type: 'string' },
  start: { type: 'string' },
  frozen: { type: 'boolean' },
  state: { type: 'string' },
  'write-env': { type: 'string' },
} as const;

function wholeNumber(name: string, text: string, most: number): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > most)
    throw new Error(`--${name} ${text} is not usable; give a whole number up to ${most}`);
  return Number(text);
}

function environmentOf(sandbox: Sandbox): string[] {
  const variables = { ...sandbox.env, [CONTROL_VARIABLES.url]: sandbox.controlUrl, [CONTROL_VARIABLES.token]: sandbox.controlToken };
  return Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
}

/** Resolves at SIGINT or SIGTERM, or when the process that started this one with an IPC channel ends. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.once('disconnect', resolve);
    process.channel?.unref(); // the listener alone would keep the process alive
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
  });
}

/** Starts a sandbox in the foreground, prints how to reach it, and ends it when it is asked to. */
export async function serve(argv: readonly string[], { say }: CommandPorts): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  const asked = untilAskedToStop();
  const sandbox = await startSandbox({
    ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
    ...(values.seed === undefined ? {} : { seed: wholeNumber('seed', values.seed, 2 ** 32 - 1) }),
    ...(values.port === undefined ? {} : { port: wholeNumber('port', values.port, 65_535) }),
    ...(values.state === undefined ? {} : { state: readState(JSON.parse(await readFile(values.state, 'utf8'))) }),
    clock: { ...(values.start === undefined ? {} : { start: values.start }), ...(values.frozen ? { frozen: true } : {}) },
  });
  try {
    const lines = environmentOf(sandbox);
    const file = values['write-env'];
    if (file !== undefined) await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    say(
      `A sandbox is running at ${sandbox.url} (seed ${sandbox.seed}${values.scenario === undefined ? '' : `, scenario ${values.scenario}`})`,
    );
    say(`It is thrown away at Ctrl-C. In another terminal:\n\n${file === undefined ? lines.join('\n') : `source '${file}'`}\n`);
    say('  npx openkupe cluster create my-first\n  npx openkupe sandbox timeline');
    await asked;
  } finally {
    await sandbox.stop();
  }
}
