/** The user of a browser: keeps cookies, follows redirects and submits the forms of an issuer. */
export interface Person {
  /** Opens an address and does what its pages ask, up to the first page without a form or the first address that `stopAt` names. */
  visit(address: string, answers?: Readonly<Record<string, string>>, stopAt?: (url: URL) => boolean): Promise<Visited>;
}

export interface Visited {
  readonly url: string;
  readonly text: string;
}

const MOST_PAGES = 30;

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]?.replaceAll('&amp;', '&');
}

/** What the form of a page sends: its own values, and for its empty fields those of the user. */
function filled(page: string, answers: Readonly<Record<string, string>>): URLSearchParams {
  const body = new URLSearchParams();
  for (const [tag] of page.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(tag, 'name');
    if (name) body.set(name, attribute(tag, 'value') ?? answers[name] ?? 'ada');
  }
  for (const [name, value] of Object.entries(answers)) body.set(name, value);
  return body;
}

/** A new user without cookies. */
export function createPerson(): Person {
  const jar = new Map<string, string>();
  async function load(url: string, body?: URLSearchParams): Promise<{ location: string | null; text: string }> {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const init = body ? { method: 'POST', body } : {};
    const response = await fetch(url, { ...init, headers: { cookie }, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return { location: response.headers.get('location'), text: await response.text() };
  }
  return {
    async visit(address, answers = {}, stopAt = () => false) {
      let url = address;
      let body: URLSearchParams | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        if (stopAt(new URL(url))) return { url, text: '' };
        const { location, text } = await load(url, body);
        const form = /<form\b[^>]*>/.exec(text)?.[0];
        body = undefined;
        // NOTE: what the provider says after a denial, above another form for the next code.
        if (text.includes('interrupted')) return { url, text };
        if (location) url = new URL(location, url).href;
        else if (form) {
          body = filled(text, answers);
          url = new URL(attribute(form, 'action') ?? url, url).href;
        } else return { url, text };
      }
      throw new Error(`The pages of ${address} do not end`);
    },
  };
}
