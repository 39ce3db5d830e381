import { ERROR_HELP_PATH, errorBody, STATUS_TABLE, type StatusRow, TRANSPORT_STATUS_TABLE } from '@openkupe/contract';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1.5rem;color:#1b1b1f;background:#fff}' +
  'code,pre{font:.9rem/1.5 ui-monospace,monospace;background:#f1f1f4;border-radius:4px}code{padding:.1rem .3rem}pre{padding:.8rem;overflow-x:auto}' +
  'table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0}' +
  '@media(prefers-color-scheme:dark){body{color:#e6e6ea;background:#17171a}code,pre{background:#26262b}a{color:#9db8ff}}';

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const page = (title: string, main: string) =>
  `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n` +
  `<title>${escaped(title)}</title>\n<style>${STYLE}</style>\n</head>\n<body>\n${main}\n</body>\n</html>\n`;

/** What a client does after each kind of advice (errors page, "A safe default for retryable status codes"). */
const PROCEDURE: Record<StatusRow['advice'], string> = {
  stop: 'Do not send the same request again: it would be refused again. Change it first, or show the message to a person.',
  're-read':
    'Read the resource again, apply your change to what is there now, and send it with the new <code>ETag</code> in <code>If-Match</code>. Nothing was written.',
  wait: 'Wait the seconds in <code>Retry-After</code>, then send the same request. After several in a row, have fewer requests in flight: waiting longer alone does not help. Give up after five attempts.',
  'back-off':
    'Wait and send it again: 1 s at first, twice as long each time, at most 30 s, with jitter, up to five attempts, and at least as long as <code>Retry-After</code> says. GET, DELETE, and PATCH with <code>If-Match</code> can be repeated; a POST only with the same <code>Idempotency-Key</code>, because it may have succeeded.',
};

const rows: readonly StatusRow[] = [...STATUS_TABLE, ...TRANSPORT_STATUS_TABLE];

function statusPage(row: StatusRow): string {
  const body = JSON.stringify(errorBody(row.messageSays), null, 2);
  return page(
    `${row.status} ${row.name}`,
    `<h1>${row.status} <code>${row.name}</code></h1>\n<p>${escaped(row.meaning)}.</p>\n` +
      `<h2>Retry?</h2>\n<p><strong>${row.retry ? 'Yes' : 'No'}:</strong> ${escaped(row.remedy)}. ${PROCEDURE[row.advice]}</p>\n` +
      `<h2>What the message says</h2>\n<p>${escaped(row.messageSays)}.</p>\n<pre>${escaped(body)}</pre>\n` +
      `<p>The header <code>Retry-Advice</code> says the same to a program: <code>${row.advice}</code>. <code>X-Request-Id</code> identifies the request in the log of the server.</p>\n` +
      `<p><a href="${ERROR_HELP_PATH}">All errors</a></p>`,
  );
}

const index = () =>
  page(
    'Errors',
    `<h1>Errors</h1>\n<p>Every error is JSON with one field, <code>error</code>. The status and the message together say whether to retry, to stop or to ask a person.</p>\n` +
      `<table>\n<tr><th>Status</th><th>Meaning</th><th>Retry?</th></tr>\n${rows
        .map(
          (row) =>
            `<tr><td><a href="${ERROR_HELP_PATH}/${row.status}">${row.status}</a></td><td>${escaped(row.meaning)}</td><td>${row.retry ? 'Yes' : 'No'}, ${escaped(row.remedy)}</td></tr>`,
        )
        .join('\n')}\n</table>`,
  );

/** The page of each status that an error can have, and the list of them, as path and HTML. Made of the status table. */
export const ERROR_PAGES: readonly { readonly path: string; readonly html: () => string }[] = [
  { path: ERROR_HELP_PATH, html: index },
  ...rows.map((row) => ({ path: `${ERROR_HELP_PATH}/${row.status}`, html: () => statusPage(row) })),
];
