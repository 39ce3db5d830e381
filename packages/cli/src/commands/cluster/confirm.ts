import type { Context } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';

/** Asks for the name of what is to be destroyed. Without somebody to ask it needs `--yes`, and says so with exit code 2. */
export async function confirmDeletion(context: Context, name: string, isSure: boolean): Promise<void> {
  if (isSure) return;
  const { io, terminal, signal } = context;
  if (!terminal.isInteractive) {
    const next = { run: `openkupe cluster delete ${name} --yes`, why: 'where nobody can be asked' };
    throw misuse(`Deleting cluster "${name}" needs --yes here, because there is no terminal to ask on.`, next);
  }
  io.stderr.write(
    `Cluster "${name}" will be destroyed with its workloads and storage. This cannot be undone.\nType its name to delete it: `,
  );
  const typed = await io.stdin.readLine(signal).finally(() => signal.aborted && io.stderr.write('\n'));
  if (typed === undefined) io.stderr.write('\n');
  if (typed?.trim() !== name) throw misuse(`That is not its name; cluster "${name}" was not deleted.`);
}
