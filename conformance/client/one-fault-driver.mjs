/**
 * A small client that follows the page, but for the one statement that ONE_FAULT names (C1 to C13, of which C9 is C9-pause, C9-jitter or C9-growth).
 * The judge has to find exactly that one. Time and chance are those of the machine: it is a program, not a part of one.
 */
const { KUPE_HOST, KUPE_API_KEY, KUPE_TENANT, ONE_FAULT = '' } = process.env;
const clusters = `${KUPE_HOST}/api/v1/tenants/${KUPE_TENANT}/clusters`;
const breaks = (statement) => ONE_FAULT === statement;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends once: status 0 stands for a connection that broke. */
async function send(method, url, body, headers = {}) {
  const authorization = `Bearer ${KUPE_API_KEY}`;
  const init = {
    method,
    headers: { authorization, 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  };
  const response = await fetch(url, init).catch(() => undefined);
  if (!response) return { status: 0, text: 'the connection broke', etag: '', retryAfter: null };
  return {
    status: response.status,
    text: await response.text(),
    etag: response.headers.get('etag') ?? '',
    retryAfter: response.headers.get('retry-after'),
  };
}

/** The pause before attempt `next`, from 2: exponential from 1 s to 30 s, with jitter. */
function pauseMs(next, { status, retryAfter }) {
  if (status === 429 && breaks('C6')) return 0;
  if (status === 429 && retryAfter !== null) return Number(retryAfter) * 1_000;
  if (status === 500 && breaks('C5')) return 0;
  if (status === 503 && breaks('C9-pause')) return 0;
  const highest = Math.min(30_000, 1_000 * 2 ** (breaks('C9-growth') ? 0 : next - 2));
  return breaks('C9-jitter') ? highest : highest * (0.5 + Math.random() / 2);
}

/** Whether the same request is sent again, by the table of the page. */
function isRepeated(method, { status, text }) {
  if (breaks('C1') && /retry|unavailable/.test(text)) return true;
  if (breaks('C2') && status === 403) return true;
  if (breaks('C3') && status === 404 && method === 'GET') return true;
  if (breaks('C4') && status === 409) return true;
  if (breaks('C7') && status === 401) return true;
  if (breaks('C10') && method !== 'GET') return false;
  if (breaks('C13') && status === 400 && method === 'PATCH') return true;
  if (breaks('C11') && method === 'POST' && [0, 503].includes(status)) return true;
  return [0, 429, 500, 503].includes(status) && (method !== 'POST' || status === 429);
}

async function call(method, url, body, headers) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(method, url, body, headers);
    if (attempt === 5 || !isRepeated(method, answer)) return answer;
    await sleep(pauseMs(attempt + 1, answer));
  }
}

async function update() {
  let read = await call('GET', `${clusters}/prod`);
  for (let round = 1; ; round += 1) {
    if (read.status !== 200) return read;
    const written = await call('PATCH', `${clusters}/prod`, { version: '1.32' }, { 'if-match': read.etag });
    if (written.status !== 412 || round === 3) return written;
    if (!breaks('C8')) read = await call('GET', `${clusters}/prod`);
  }
}

/** Halves what is in flight after every round with a 429. */
async function many() {
  let waiting = Array.from({ length: 3 }, (_, at) => `${clusters}/c${at + 1}`);
  let atOnce = waiting.length;
  while (waiting.length > 0) {
    const refused = [];
    for (let at = 0; at < waiting.length; at += atOnce) {
      const urls = waiting.slice(at, at + atOnce);
      const answers = await Promise.all(urls.map((url) => send('GET', url)));
      refused.push(...urls.filter((_, index) => answers[index].status === 429));
    }
    if (refused.length > 0) await sleep(1_000);
    if (!breaks('C12')) atOnce = Math.max(1, atOnce >> 1);
    waiting = refused;
  }
  return { status: 200, text: '' };
}

const TASKS = {
  list: () => call('GET', clusters),
  get: () => call('GET', `${clusters}/prod`),
  create: () => call('POST', clusters, { name: 'prod', version: '1.32' }),
  update,
  many,
  async delete() {
    const answer = await call('DELETE', `${clusters}/prod`);
    return answer.status === 404 && !breaks('C10') ? { ...answer, status: 204 } : answer;
  },
};
const { status, text } = await TASKS[process.argv[2]]();
if (status < 200 || status > 299) {
  console.error(text);
  process.exitCode = 1;
}
