/** Where one database server is. */
export interface ServerAddress {
  /** A host name, an address, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string;
  readonly port: number;
}

/** Where a database is, and how it is proven that it is the right one. */
export interface DatabaseAddress {
  /** The servers of the database, at least one: a primary, and the standbys that may take its place. */
  readonly servers: readonly ServerAddress[];
  readonly user: string;
  readonly password?: string | undefined;
  readonly database: string;
  /** `false` for no TLS. Otherwise the certificate has to be valid for the host, under the CA in PEM or those that Node trusts. */
  readonly tls: false | { readonly ca?: string | undefined };
}

/** The server as errors name it. */
export function placeOf({ host, port }: ServerAddress): string {
  return host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`;
}
