import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readErrorMessage } from '@openkupe/contract';
import type { RuleStatus } from '../rules/rule-list.ts';
import { loadScenario, shippedScenarios } from '../scenario/scenario.ts';
import type { CommandPorts } from './command-ports.ts';
import { CONTROL_VARIABLES } from './control-variables.ts';

const text = { type: 'string' } as const;
const MATCH = { route: text, method: text, resource: text, header: text };
const WHEN = { probability: text, after: text, count: text, every: text, from: text, until: text };
const NUMBERS = ['probability', 'after', 'count', 'every'];

/** Calls the control API of the sandbox that runs; `accept` chooses between JSON and text. Resolves with the body. */
type Ask = (method: string, path: string, body?: unknown, accept?: string) => Promise<string>;

function createAsk(env: CommandPorts['env']): Ask {
  const { [CONTROL_VARIABLES.url]: url, [CONTROL_VARIABLES.token]: token } = env;
  if (!url || !token)
    throw new Error(
      `${CONTROL_VARIABLES.url} and ${CONTROL_VARIABLES.token} are not set; source what \`openkupe sandbox --write-env FILE\` wrote`,
    );
  return async (method, path, body, accept = 'application/json') => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, accept },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: Error) => {
      throw new Error(`No sandbox answers at ${url} (${(error.cause as Error | undefined)?.message ?? error.message}); start one`);
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(readErrorMessage(answer) ?? `The sandbox answered ${response.status}`);
    return answer;
  };
}

type Values = Readonly<Record<string, string | undefined>>;

function pick(values: Values, options: object): object {
  const given = Object.keys(options).filter((name) => values[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, NUMBERS.includes(name) ? Number(values[name]) : values[name]]));
}

function faultLine({ name, match, when, faults, matched, fired }: RuleStatus): string {
  const words = [...Object.entries(match), ...Object.entries(when)].map(([field, value]) => `${field}=${value}`);
  return `${name}: ${faults.map(({ kind }) => kind).join(' | ')}${words.length === 0 ? '' : ` (${words.join(', ')})`}, fired ${fired} of ${matched}`;
}

async function fault([verb = 'list', name = '']: readonly string[], values: Values, ask: Ask, { say }: CommandPorts): Promise<void> {
  if (verb === 'add') {
    const rule = {
      ...(values.name === undefined ? {} : { name: values.name }),
      match: pick(values, MATCH),
      when: pick(values, WHEN),
      fault: name,
    };
    return say((JSON.parse(await ask('POST', '/rules', rule)) as { name: string }).name);
  }
  if (verb === 'remove') return void (await ask('DELETE', `/rules/${encodeURIComponent(name)}`));
  if (verb === 'clear') return void (await ask('DELETE', '/rules'));
  if (verb !== 'list') throw new Error(`There is no \`fault ${verb}\`; there are add, list, remove and clear`);
  for (const rule of JSON.parse(await ask('GET', '/rules')) as RuleStatus[]) say(faultLine(rule));
}

async function clock([verb, by]: readonly string[], ask: Ask, { say }: CommandPorts): Promise<void> {
  const bodies: Record<string, object> = { freeze: { frozen: true }, resume: { frozen: false }, advance: { advance: by ?? '' } };
  const body = verb === undefined ? undefined : bodies[verb];
  if (verb !== undefined && !body) throw new Error(`There is no \`clock ${verb}\`; there are freeze, resume and advance DURATION`);
  const { now, frozen } = JSON.parse(await ask(body ? 'POST' : 'GET', '/clock', body)) as { now: string; frozen: boolean };
  say(`${now}${frozen ? ', frozen' : ''}`);
}

function fileOf(words: readonly string[]): string {
  const [file] = words;
  if (file === undefined) throw new Error('Name a file');
  return file;
}

/** Runs a command that is not the start of a sandbox. @throws with a sentence that says what is wrong. */
export async function runControlCommand(argv: readonly string[], ports: CommandPorts): Promise<void> {
  const options = { ...MATCH, ...WHEN, name: text, json: { type: 'boolean' } } as const;
  const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
  const [word = '', ...words] = positionals;
  const { json, ...texts } = values;
  const { say } = ports;
  if (word === 'scenarios') {
    for (const name of await shippedScenarios()) say(`${name.padEnd(28)}${(await loadScenario(name)).title}`);
    return;
  }
  const ask = createAsk(ports.env);
  const commands: Record<string, () => Promise<void>> = {
    fault: () => fault(words, texts, ask, ports),
    clock: () => clock(words, ask, ports),
    timeline: async () => say((await ask('GET', '/recording', undefined, json ? 'application/json' : 'text/plain')).trimEnd()),
    forget: async () => void (await ask('DELETE', '/recording')),
    key: async () => say((JSON.parse(await ask('POST', '/keys')) as { key: string }).key),
    reset: async () => void (await ask('POST', '/reset')),
    export: async () => writeFile(fileOf(words), await ask('GET', '/state'), { mode: 0o600 }),
    import: async () => void (await ask('PUT', '/state', JSON.parse(await readFile(fileOf(words), 'utf8')))),
  };
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (!command) throw new Error(`There is no command "${word}"; there are scenarios, ${Object.keys(commands).join(', ')}`);
  await command();
}
