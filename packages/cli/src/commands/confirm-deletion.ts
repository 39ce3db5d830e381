import type { Context } from '../command.ts';
import { misuse } from '../failure/failure.ts';

/** What is to be destroyed, and what is shown before it is. */
export interface Deletion {
  /** `cluster`, `tenant`: the word before the name. */
  readonly noun: string;
  readonly name: string;
  /** What is destroyed with it, for the sentence. */
  readonly loses: string;
  /** The command that was typed; `--yes` is added to it. */
  readonly command: string;
}

/** Asks for the name of what is to be destroyed. Without a terminal to ask on it needs `--yes`, and says so with exit code 2. */
export async function confirmDeletion(context: Context, { noun, name, loses, command }: Deletion, isSure: boolean): Promise<void> {
  if (isSure || context.script) return;
  const { io, terminal, signal } = context;
  if (!terminal.isInteractive) {
    const next = { run: `${command} --yes`, why: 'where there is no terminal to ask on' };
    throw misuse(`Deleting ${noun} "${name}" needs --yes here, because there is no terminal to ask on.`, next);
  }
  const title = `${noun[0]?.toUpperCase()}${noun.slice(1)}`;
  io.stderr.write(`${title} "${name}" will be destroyed with ${loses}. This cannot be undone.\nType its name to delete it: `);
  const typed = await io.stdin.readLine(signal).finally(() => signal.aborted && io.stderr.write('\n'));
  if (typed === undefined) io.stderr.write('\n');
  if (typed?.trim() !== name) throw misuse(`That is not its name; ${noun} "${name}" was not deleted.`);
}
