/** A client as they are often written: it repeats everything at once, whatever it was. It has to fail. */
const [, , task] = process.argv;
const collection = `${process.env.KUPE_HOST}/api/v1/tenants/acme/clusters`;
const REQUESTS = {
  list: [collection, 'GET'],
  get: [`${collection}/prod`, 'GET'],
  create: [collection, 'POST', { name: 'prod', version: '1.32' }],
  update: [`${collection}/prod`, 'PATCH', { version: '1.32' }],
  delete: [`${collection}/prod`, 'DELETE'],
};
const [url, method, body] = REQUESTS[task];
const etag = task === 'update' ? (await fetch(url)).headers.get('etag') : undefined;
const headers = { 'content-type': 'application/json', ...(etag ? { 'if-match': etag } : {}) };
for (let attempt = 1; attempt <= 5; attempt++) {
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) }).catch(() => undefined);
  if (response?.ok) process.exit(0);
}
console.error('failed');
process.exit(1);
