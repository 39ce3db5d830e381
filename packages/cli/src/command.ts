import type { Clock } from '@openkupe/contract/clock';
import type { Client } from './client.ts';
import type { Recorder } from './curl/recorder.ts';
import type { FailureDetails, NextStep } from './failure/failure.ts';
import type { Environment, Io } from './io.ts';
import type { Format } from './output/format.ts';
import type { Printing } from './output/printing.ts';
import type { Result } from './output/result.ts';
import type { ConnectionFlags, Credentials } from './settings/settings.ts';
import type { Logins } from './sign-in/logins-file.ts';
import type { LoginDependencies } from './sign-in/stored-logins.ts';
import type { Terminal } from './terminal/terminal.ts';
import type { Progress } from './wait/progress.ts';

/** A flag that takes a value. Its key in the table is the flag's name in camel case: `displayName` is `--display-name`. */
export interface ValueFlag<Value> {
  readonly kind: 'value';
  readonly placeholder: string;
  readonly summary: string;
  readonly short?: string;
  readonly choices?: readonly string[];
  /** Whose names completion offers. */
  readonly names?: NameKind;
  /** What else it may be. */
  readonly alsoMatches?: RegExp;
  readonly isRequired?: boolean;
  /** Reads the text; throws a `misuse` failure for what it cannot read. */
  parse(text: string): Value;
}

/** A flag without a value. `noWait` is `--no-wait`. */
export interface SwitchFlag {
  readonly kind: 'switch';
  readonly summary: string;
  readonly short?: string;
}

/** A flag of any kind. */
export type Flag = ValueFlag<unknown> | SwitchFlag;
/** Flags by their keys. */
export type Flags = Readonly<Record<string, Flag>>;

/** What a name can be the name of, for completion. */
export type NameKind = 'cluster' | 'secret' | 'webhook' | 'apikey' | 'member' | 'invoice' | 'receiver' | 'plan' | 'context';

interface Argument {
  readonly summary: string;
  readonly isOptional?: boolean;
  /** What completion offers. */
  readonly choices?: readonly string[];
  /** Whose names completion offers; may depend on the argument before it. */
  readonly names?: NameKind | ((before: string) => NameKind | undefined);
}

/** Positional arguments by name, in order; optional ones last. */
export type Arguments = Readonly<Record<string, Argument>>;

type FlagValue<Given> = Given extends SwitchFlag
  ? boolean
  : Given extends { readonly isRequired: true; parse(text: string): infer Value }
    ? Value
    : Given extends ValueFlag<infer Value>
      ? Value | undefined
      : never;

/** The values that a command line gave, typed by the command's table. */
export interface Input<Args extends Arguments, Given extends Flags> {
  readonly args: { readonly [Name in keyof Args]: Args[Name] extends { readonly isOptional: true } ? string | undefined : string };
  readonly flags: { readonly [Name in keyof Given]: FlagValue<Given[Name]> };
  /** The words after the command's name, where `takesRest`. */
  readonly rest: readonly string[];
}

/** What a command gets besides its own arguments. */
export interface Context {
  readonly io: Io;
  readonly env: Environment;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly format: Format;
  /** How the result is written: its format, and what other flags say of it. */
  readonly printing: Printing;
  /** With `--curl`: records what would be sent. Nothing is sent, asked or waited for then. */
  readonly script?: Recorder | undefined;
  readonly connection: ConnectionFlags;
  /** For reading, renewing and changing the stored logins. */
  readonly loginDependencies: LoginDependencies;
  /** Reads the stored logins. */
  storedLogins(): Promise<Logins>;
  /** This command as it was typed, with other values for some of its flags; for saying how to run it again. */
  commandLine(flags?: Readonly<Record<string, string>>): string;
  /** Aborts with the failure that the run ends in when a signal arrives. */
  readonly signal: AbortSignal;
  /** Server, tenant and key of the flags, the environment and the stored login; read once. */
  credentials(): Promise<Credentials>;
  /** A client with these credentials. */
  client(): Promise<Client>;
  /** A client with other credentials. */
  clientAs(credentials: Credentials): Promise<Client>;
  /** A client for routes that need no credential. */
  publicClient(): Promise<Client>;
  /** Whether the server replays a create under its idempotency key, by the header of its responses; undefined before the first success. */
  supportsIdempotencyKeys(): boolean | undefined;
  /** One line on stderr. */
  note(text: string): void;
  /** Shows the progress of a wait on stderr, until its `end` is called. */
  startProgress(): Progress;
}

/** A command line for help and reference, and when to use it. */
export interface Example {
  readonly run: string;
  readonly why: string;
}

interface CommandShape<Args extends Arguments, Given extends Flags> {
  /** Noun and verb: `cluster create`. */
  readonly path: string;
  readonly summary: string;
  /** More than the summary says: a paragraph for help and reference. */
  readonly details?: string;
  readonly examples: readonly Example[];
  readonly args: Args;
  readonly flags: Given;
  /** The formats of `-o`, the first being the one without `-o`. Empty: the command prints no result. */
  readonly formats: readonly Format[];
  /** Takes everything after its name as it is, flags included, and reads none itself. */
  readonly takesRest?: boolean;
  /** Handles signals itself; otherwise the first one aborts the context's signal and the second ends the run at once. */
  readonly ownsSignals?: boolean;
  /** Whether it talks to a server, and so takes `--host`, `--tenant` and `--token-file`. */
  readonly isRemote: boolean;
  /** Prints a list, whose columns and order can be chosen. */
  readonly isList?: boolean;
  /** False: what it does depends on answers, or is more than requests, so that no script says it. */
  readonly hasScript?: boolean;
  /** Left out of help: programs run it. */
  readonly isHidden?: boolean;
}

/** A command as it is written: `run` is typed by `args` and `flags`. */
export interface CommandSpec<Args extends Arguments, Given extends Flags> extends CommandShape<Args, Given> {
  run(input: Input<Args, Given>, context: Context): Promise<Result>;
  /** What to run next after a failure, where the failure itself does not say. */
  next?(failure: FailureDetails, args: Input<Args, Given>['args']): NextStep | undefined;
}

/** A command of the table, without the types of its own arguments and flags. */
export interface Command extends CommandShape<Arguments, Flags> {
  run(input: Input<Arguments, Flags>, context: Context): Promise<Result>;
  next?(failure: FailureDetails, args: Input<Arguments, Flags>['args']): NextStep | undefined;
}

/** Types `run` from the arguments and flags beside it. */
export function command<const Args extends Arguments, const Given extends Flags>(spec: CommandSpec<Args, Given>): Command {
  return spec as unknown as Command;
}

/** A flag whose text is taken as it is. */
export function text(placeholder: string, summary: string): ValueFlag<string> {
  return { kind: 'value', placeholder, summary, parse: (value) => value };
}

/** A flag with a list of allowed values, which is added to the summary. */
export function choice<const Choices extends readonly string[]>(
  placeholder: string,
  summary: string,
  choices: Choices,
): ValueFlag<Choices[number]> {
  return { kind: 'value', placeholder, summary: `${summary} One of ${choices.join(', ')}.`, choices, parse: (value) => value };
}

/** The same flag, mandatory. */
export function required<Value>(flag: ValueFlag<Value>): ValueFlag<Value> & { readonly isRequired: true } {
  return { ...flag, isRequired: true };
}

/** The same flag, with a one-letter form. */
export function short<Value>(letter: string, flag: ValueFlag<Value>): ValueFlag<Value> {
  return { ...flag, short: letter };
}

/** A flag whose text is read by `parse`. */
export function parsed<Value>(placeholder: string, summary: string, parse: (text: string) => Value): ValueFlag<Value> {
  return { kind: 'value', placeholder, summary, parse };
}

/** A flag without a value. */
export function on(summary: string): SwitchFlag {
  return { kind: 'switch', summary };
}
