/** An HTTP proxy as a transport needs it: where it is, and what it wants to know about who asks. */
export interface HttpProxy {
  /** For messages: scheme, host and port, without credentials. */
  readonly origin: string;
  readonly isSecure: boolean;
  /** As sockets take it: a literal IPv6 address without its brackets. */
  readonly hostname: string;
  readonly port: string;
  /** `Proxy-Authorization`, if the URL has a user in it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The text behind percent-encoding; as it is where it is not well encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Reads the URL of a proxy; without a scheme it is http, as curl reads it. Throws a TypeError for anything else than an http or https
 * proxy. The value may hold a password, so no error shows it.
 */
export function readProxy(value: string): HttpProxy {
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || !/^https?:$/.test(url.protocol))
    throw new TypeError('The proxy is not the URL of an HTTP proxy; give one like http://proxy.example:3128');
  const { protocol, hostname, port, username, password } = url;
  const isSecure = protocol === 'https:';
  const credentials = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return {
    origin: `${protocol}//${url.host}`,
    isSecure,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: port || (isSecure ? '443' : '80'),
    headers: username || password ? { 'proxy-authorization': `Basic ${credentials}` } : {},
  };
}
