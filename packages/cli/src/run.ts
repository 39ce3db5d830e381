import type { Clock } from '@openkupe/contract/clock';
import type { Command, Context, Input } from './command.ts';
import { commandLine, connectionWords } from './command-line.ts';
import { COMMANDS, NOUNS } from './commands/index.ts';
import { createContext } from './context.ts';
import { EXIT } from './exit-codes.ts';
import { Failure, misuse, type NextStep } from './failure/failure.ts';
import { toFailure } from './failure/from-error.ts';
import { failureAsJson, failureAsText } from './failure/print-failure.ts';
import type { Environment, Io } from './io.ts';
import { deliver } from './output/deliver.ts';
import { render } from './output/render.ts';
import type { Result } from './output/result.ts';
import { parseCommandLine, readFlags } from './parse-command-line.ts';
import type { Invocation } from './program.ts';
import { resolveHost } from './settings/settings.ts';
import { describeTerminal } from './terminal/terminal.ts';
import { VERSION } from './version.ts';

type AnyInput = Input<never, never>;

/** Whether JSON was asked for, read from the raw command line, because a command line that cannot be parsed is reported as JSON, too. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) => /^(-o|--output=)json$/.test(word) || (word === 'json' && /^(-o|--output)$/.test(argv[index - 1] ?? '')),
  );
}

/** The first signal aborts `controller`, with the failure that the run ends in; the second ends the run at once. */
function listenForSignals(io: Io, controller: AbortController): { readonly secondSignal: Promise<never>; stop(): void } {
  let stop = () => {};
  const secondSignal = new Promise<never>((_, reject) => {
    stop = io.onSignal((name) => {
      const isInterrupt = name === 'SIGINT';
      const failure = new Failure(isInterrupt ? 'Interrupted.' : 'Terminated.', {
        code: isInterrupt ? 'interrupted' : 'terminated',
        exit: isInterrupt ? EXIT.interrupted : EXIT.terminated,
      });
      if (controller.signal.aborted) reject(failure);
      else controller.abort(failure);
    });
  });
  secondSignal.catch(() => {});
  return { secondSignal, stop: () => stop() };
}

/** A step that reaches the same server as the command did: one that talks to a server gets the flags that chose it. */
function reaching({ run, why }: NextStep, context: Context): NextStep {
  const isRemote = COMMANDS.some(({ path, isRemote }) => isRemote && `${run} `.startsWith(`openkupe ${path} `));
  return { run: isRemote ? run + connectionWords(context.connection, `${run} `) : run, why };
}

/** The failure with what to run next: its own, or else that of the command. */
function withHints(failure: Failure, command: Command, input: AnyInput, context: Context): Failure {
  const hint = failure.details.next?.length ? undefined : command.next?.(failure.details, input.args);
  const next = (hint ? [hint] : (failure.details.next ?? [])).map((step) => reaching(step, context));
  return new Failure(failure.message, { ...failure.details, next });
}

async function runCommand(command: Command, input: AnyInput, context: Context, controller: AbortController): Promise<Result> {
  const signals = command.ownsSignals ? undefined : listenForSignals(context.io, controller);
  try {
    const running = command.run(input, context);
    return await (signals ? Promise.race([running, signals.secondSignal]) : running);
  } catch (error) {
    throw withHints(toFailure(error), command, input, context);
  } finally {
    signals?.stop();
  }
}

/** With `--curl`, what records the requests of the command. */
async function recorderFor({ curl, watch, idempotencyKey }: Readonly<Record<string, unknown>>): Promise<Context['script']> {
  if (curl !== true) return undefined;
  if (watch === true) throw misuse('A script cannot watch; leave out --watch or --curl.');
  const { createRecorder } = await import('./curl/recorder.ts');
  return createRecorder(idempotencyKey as string | undefined);
}

async function scriptOf({ script, commandLine, connection, env, storedLogins }: Context): Promise<string> {
  const { printScript } = await import('./curl/print-script.ts');
  return printScript(commandLine().replace(' --curl', ''), await resolveHost(connection, env, storedLogins), script?.steps ?? []);
}

async function invoke(invocation: Invocation, io: Io, env: Environment, clock: Clock): Promise<number> {
  const { command, args, rest } = invocation;
  const flags = readFlags(invocation);
  const controller = new AbortController();
  const context = createContext(command, flags, controller.signal, {
    script: await recorderFor(flags),
    io,
    env,
    clock,
    commandLine: (others) => commandLine(invocation, others),
  });
  const result = await runCommand(command, { args, flags, rest } as unknown as AnyInput, context, controller);
  if (context.script) {
    await deliver(await scriptOf(context), io.stdout);
    return EXIT.done;
  }
  await deliver(await render(result, context.printing, clock.now()), io.stdout, result.kind === 'object' ? result.shownOnce : undefined);
  if (result.kind === 'document') return result.exit ?? EXIT.done;
  return result.kind === 'exit' ? result.code : EXIT.done;
}

/** What shells ask for while a line is typed. No command of the table: it is to start as fast as can be. */
async function printCandidates(words: readonly string[], io: Io, env: Environment, clock: Clock): Promise<number> {
  const { complete } = await import('./completion/complete.ts');
  await deliver(await complete(words, { table: COMMANDS, nouns: NOUNS }, { io, env, clock }), io.stdout);
  return EXIT.done;
}

async function runAndTell(argv: readonly string[], io: Io, env: Environment, clock: Clock): Promise<number> {
  try {
    if (argv[0] === '__complete') return await printCandidates(argv.slice(argv[1] === '--' ? 2 : 1), io, env, clock);
    const parsed = parseCommandLine(argv, COMMANDS, NOUNS, VERSION);
    if (parsed.kind === 'command') return await invoke(parsed.invocation, io, env, clock);
    if (parsed.kind === 'misuse') throw parsed.failure;
    await deliver(parsed.text, io.stdout);
    return EXIT.done;
  } catch (error) {
    const failure = toFailure(error);
    io.stderr.write(asksForJson(argv) ? failureAsJson(failure) : failureAsText(failure, describeTerminal(io, env).paint));
    return failure.details.exit;
  }
}

/**
 * Runs one command line and returns its exit code. Everything outside arrives as arguments: `argv` without the program's own name,
 * the streams and signals, the environment, the time. Never throws for what a user or a server can cause. When stderr cannot be
 * written (but for EPIPE) a success becomes exit code 1, as POSIX utilities do it, because what was written there is lost.
 */
export async function run(argv: readonly string[], io: Io, env: Environment, clock: Clock): Promise<number> {
  const code = await runAndTell(argv, io, env, clock);
  const error = await io.stderr.flush();
  return code === EXIT.done && error && error.code !== 'EPIPE' ? EXIT.failed : code;
}
