/** How Node's transport connects to the server. In other runtimes both are theirs to decide. */
export interface TransportOptions {
  /**
   * The URL of an HTTP proxy, e.g. `http://user:password@proxy.example:3128`; a bare `host:port` means http. What goes to an https address
   * is tunnelled by CONNECT (RFC 9110 §9.3.6), so that the proxy sees neither key nor answer; what goes to an http address is asked of the
   * proxy in absolute-form (RFC 9112 §3.2.2). No error shows its user or password.
   */
  readonly proxy?: string;
  /** One or more certificates as PEM text: the authorities that are trusted, instead of those that the runtime trusts. */
  readonly ca?: string;
}
