/** Where a database server is, and how it is proven that it is the right one. */
export interface DatabaseAddress {
  /** A host name, an address, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  readonly database: string;
  /** `false` for no TLS. Otherwise the certificate has to be valid for the host, under the CA in PEM or those that Node trusts. */
  readonly tls: false | { readonly ca?: string | undefined };
}
