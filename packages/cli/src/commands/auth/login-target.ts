import type { Context } from '../../command.ts';
import { givenHost, givenTenant, resolveHost } from '../../settings/settings.ts';
import { isNamed, type Login } from '../../sign-in/logins-file.ts';

/** Where to sign in, and the name of the context for it. */
export interface Target {
  readonly host: string;
  /** Undefined: taken from the groups of the sign-in. */
  readonly tenant: string | undefined;
  /** The name of the context; undefined for the usual one. */
  readonly name: string | undefined;
}

/**
 * Flags first; then the context that `--context` names, if it is there already; then the environment; then the current context, whose tenant
 * is meant only where its server is.
 */
export async function loginTarget({ connection, env, storedLogins }: Context): Promise<Target> {
  const { context: name, host, tenant } = connection;
  const stored = await storedLogins();
  const named = name === undefined ? undefined : stored.logins.find(isNamed(name));
  const flags = { host: host ?? named?.host, tenant: tenant ?? (host === undefined ? named?.tenant : undefined) };
  const given = givenHost(flags, env);
  if (given !== undefined) return { host: given, tenant: givenTenant(flags, env), name };
  const chosen: Login | undefined = stored.logins.find(isNamed(stored.current ?? ''));
  return {
    host: await resolveHost(flags, { ...env, KUPE_CONTEXT: undefined }, async () => stored),
    tenant: givenTenant(flags, env) ?? chosen?.tenant,
    name: name ?? (tenant === undefined ? chosen?.name : undefined),
  };
}
