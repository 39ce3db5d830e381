import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeApi } from '@openkupe/contract/openapi/describe-api';
import { ERROR_PAGES } from './error-pages.ts';

/** A public static file: the description of the API, a part of the page that shows it, or a page about an error. */
export interface StaticFile {
  readonly path: string;
  readonly contentType: string;
  /** Reads or makes the content at the first call: most servers are never asked for it. */
  readonly content: () => { readonly body: string; readonly etag: string };
}

/**
 * Content-Security-Policy of the page: nothing outside this origin is loaded or called, and no script is inlined. Inline styles are allowed,
 * because the explorer's web components need them.
 */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kupe API</title>
<script type="module" src="/docs/explorer.js"></script>
</head>
<body style="margin:0">
<openapi-explorer spec-url="/openapi.json" server-url="/" hide-server-selection="true" hide-console="false" use-path-in-nav-bar="true"></openapi-explorer>
</body>
</html>
`;

function file(path: string, contentType: string, make: () => string): StaticFile {
  let made: ReturnType<StaticFile['content']> | undefined;
  return {
    path,
    contentType,
    content() {
      if (made) return made;
      const body = make();
      made = { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
      return made;
    },
  };
}

const scriptPath = () => fileURLToPath(import.meta.resolve('openapi-explorer/dist/browser/openapi-explorer.min.js'));

/** The files of the explorer and the pages about errors. The script is the one in the `openapi-explorer` package, as published. */
export const PUBLIC_FILES: readonly StaticFile[] = [
  file('/openapi.json', 'application/json; charset=utf-8', () => JSON.stringify(describeApi())),
  file('/docs', 'text/html; charset=utf-8', () => PAGE),
  file('/docs/explorer.js', 'text/javascript; charset=utf-8', () => readFileSync(scriptPath(), 'utf8')),
  ...ERROR_PAGES.map(({ path, html }) => file(path, 'text/html; charset=utf-8', html)),
];
