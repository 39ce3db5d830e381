import type { Context } from '../../command.ts';
import { misuse } from '../../failure/failure.ts';
import { claimsOf, tenantsIn } from '../../sign-in/claims.ts';
import type { Tokens } from '../../sign-in/provider.ts';

/** The tenant of a sign-in without `--tenant`: the only one of its groups, or the one typed on a terminal. Exit code 2 otherwise. */
export async function chooseTenant(tokens: Tokens, { io, terminal, signal }: Context): Promise<string> {
  const tenants = tenantsIn(claimsOf(tokens).groups);
  const [only] = tenants;
  if (only === undefined) throw misuse('The sign-in names no tenant; pass --tenant.');
  if (tenants.length === 1) return only;
  if (!terminal.isInteractive) throw misuse(`You belong to several tenants (${tenants.join(', ')}); pass --tenant.`);
  io.stderr.write(`You belong to several tenants: ${tenants.join(', ')}\nWhich one? `);
  const typed = (await io.stdin.readLine(signal))?.trim() ?? '';
  if (tenants.includes(typed)) return typed;
  throw misuse(`"${typed}" is none of them; sign in again and choose one of ${tenants.join(', ')}.`);
}
