import { type Context, command } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { FORMATS } from '../../output/format.ts';
import { list, object } from '../../output/result.ts';
import { chosenLogin, givenHost, givenTenant, hasGivenKey, loginNamed } from '../../settings/settings.ts';
import { isNamed, type Logins } from '../../sign-in/logins-file.ts';
import { CONTEXT_VIEW, contextItem } from './view.ts';

const NAME = { name: { summary: 'The name of the context, as `context list` shows it.', names: 'context' } } as const;

/** Under the lock of the file, so that commands that run side by side do not undo each other's change. */
async function change(context: Context, edit: (before: Logins) => Logins): Promise<void> {
  const { changeLogins } = await import('../../sign-in/stored-logins.ts');
  await changeLogins(context.loginDependencies, 0, (before) => [edit(before), undefined]);
}

/** Reads the stored logins; no request. */
export const contextList = command({
  path: 'context list',
  summary: 'List the contexts: the logins of this machine.',
  examples: [{ run: 'openkupe context list', why: 'the current one has a star' }],
  args: {},
  flags: {},
  formats: FORMATS,
  isRemote: false,
  async run(_, { storedLogins }) {
    const { current, logins } = await storedLogins();
    const items = logins.map((login) => contextItem(login, current));
    return list(
      items.sort((left, right) => (left.name < right.name ? -1 : 1)),
      CONTEXT_VIEW,
    );
  },
});

/** Changes which stored login is the current one; no request. */
export const contextUse = command({
  path: 'context use',
  summary: 'Make a context the current one, which commands use by themselves.',
  examples: [{ run: 'openkupe context use acme@api.example.com', why: 'until another one is' }],
  args: NAME,
  flags: {},
  formats: FORMATS,
  isRemote: false,
  async run({ args: { name } }, context) {
    await change(context, (before) => {
      loginNamed(name, before);
      return { ...before, current: name };
    });
    return object(contextItem(loginNamed(name, await context.storedLogins()), name), CONTEXT_VIEW);
  },
});

/** The variables that win over a context, of those that are set. */
function overriding({ env }: Context): string[] {
  const isSet = (name: string) => env[name] !== undefined && env[name] !== '';
  return ['KUPE_HOST', 'KUPE_API_URL', 'KUPE_TENANT', 'KUPE_API_KEY', 'KUPE_API_TOKEN'].filter(isSet);
}

/** Reads one stored login; no request. */
export const contextShow = command({
  path: 'context show',
  summary: 'Show a context, or the one that commands use now.',
  details: 'Without a name it is that of KUPE_CONTEXT, else the current one. Variables that win over it are named on stderr.',
  examples: [{ run: 'openkupe context show', why: 'where the next command goes' }],
  args: { name: { ...NAME.name, isOptional: true } },
  flags: {},
  formats: FORMATS,
  isRemote: false,
  async run({ args: { name } }, context) {
    const { env } = context;
    const stored = await context.storedLogins();
    const login = name === undefined ? chosenLogin({}, env, stored) : loginNamed(name, stored);
    if (!login) throw misuse('There is no current context.', { run: 'openkupe context list', why: 'shows the contexts there are' });
    const isOverridden = name === undefined && (givenHost({}, env) ?? givenTenant({}, env) ?? hasGivenKey({}, env));
    if (isOverridden) context.note(`${overriding(context).join(', ')} of the environment win over it.`);
    return object(contextItem(login, stored.current), CONTEXT_VIEW);
  },
});

/** Renames a stored login; no request. */
export const contextRename = command({
  path: 'context rename',
  summary: 'Give a context another name.',
  examples: [{ run: 'openkupe context rename acme@api.example.com acme', why: 'shorter to type' }],
  args: { ...NAME, to: { summary: 'The new name.' } },
  flags: {},
  formats: FORMATS,
  isRemote: false,
  async run({ args: { name, to } }, context) {
    await change(context, (before) => {
      const login = loginNamed(name, before);
      if (before.logins.some(isNamed(to))) throw misuse(`There is a context "${to}" already.`);
      const logins = before.logins.map((one) => (one === login ? { ...one, name: to } : one));
      return before.current === name ? { current: to, logins } : { ...before, logins };
    });
    const stored = await context.storedLogins();
    return object(contextItem(loginNamed(to, stored), stored.current), CONTEXT_VIEW);
  },
});
