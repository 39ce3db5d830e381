/** Where a Valkey or Redis server is, and how this process introduces itself. */
export interface ValkeyAddress {
  readonly host: string;
  readonly port: number;
  /** The number of the database. */
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** TLS with verification: by these CA certificates, as PEM, or by those that Node trusts. */
  readonly tls: false | { readonly ca?: string };
}
