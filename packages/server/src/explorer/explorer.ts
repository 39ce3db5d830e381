import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeApi } from '@openkupe/contract/openapi/describe-api';

/** A public static file: the description of the API, or a part of the page that shows it. */
export interface StaticFile {
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
  readonly etag: string;
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

function file(path: string, contentType: string, body: string): StaticFile {
  return { path, contentType, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** The files of the explorer, read once. The script is the one in the \`openapi-explorer` package, as published. */
export function explorerFiles(): readonly StaticFile[] {
  const script = readFileSync(fileURLToPath(import.meta.resolve('openapi-explorer/dist/browser/openapi-explorer.min.js')), 'utf8');
  return [
    file('/openapi.json', 'application/json; charset=utf-8', JSON.stringify(describeApi())),
    file('/docs', 'text/html; charset=utf-8', PAGE),
    file('/docs/explorer.js', 'text/javascript; charset=utf-8', script),
  ];
}
