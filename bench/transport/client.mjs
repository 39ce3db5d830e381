/**
 * Measures the transports of the built package in the Node that runs this: `node client.mjs <package> <host> <rounds> <milliseconds>`.
 * In every round each transport has its turn, in an order that changes. Prints requests per second, and
 * the CPU time of this process per request, as JSON.
 */
import http from 'node:http';
import { pathToFileURL } from 'node:url';

const [packageFile = '', host = '', rounds = '5', turnMs = '500'] = process.argv.slice(2);
const { createTransport, createFetchTransport } = await import(pathToFileURL(packageFile).href);

const IN_FLIGHT = [1, 16, 64];
/** A turn on a busy machine lasts longer, so that what does not depend on the number of requests, like compiling, stays a small part. */
const LEAST_REQUESTS = 1_500;
const HEADERS = {
  accept: 'application/json',
  'user-agent': 'openkupe-sdk/0.1.0',
  'x-request-id': '0123456789abcdef',
  authorization: 'Bearer kupe_bench',
};
const URL_TEXT = `${host}/api/v1/tenants/acme/clusters/prod`;

/** What node:http can do with nothing around it: no signal, no bound, no typed errors. */
function createBareTransport() {
  const agent = new http.Agent({ keepAlive: true });
  const { hostname, port, pathname } = new URL(URL_TEXT);
  const options = { hostname, port, path: pathname, method: 'GET', headers: HEADERS, agent };
  const send = () =>
    new Promise((resolve, reject) => {
      const outgoing = http.request(options, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (part) => {
          text += part;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode, text }));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
  return { name: 'bare node:http', send, close: () => agent.destroy() };
}

/** Requests per second with so many in flight, each with a signal of its own as the engine gives it. */
async function measure(transport, inFlight, forMs) {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let count = 0;
  const worker = async () => {
    while (performance.now() - startedAt < forMs || count < LEAST_REQUESTS) {
      const { signal } = new AbortController();
      const { status, text } = await transport.send({ method: 'GET', url: URL_TEXT, headers: HEADERS, isRepeatable: true, signal });
      if (status !== 200 || text.length < 2_000) throw new Error(`${transport.name} answered ${status}`);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { perSecond: count / ((performance.now() - startedAt) / 1_000), cpuMicros: (user + system) / count };
}

const transports = [createTransport(), createFetchTransport(), createBareTransport()];
const results = [];
for (const inFlight of IN_FLIGHT) {
  for (const transport of transports) await measure(transport, inFlight, Number(turnMs));
  for (let round = 0; round < Number(rounds); round++) {
    const measures = {};
    for (const transport of round % 2 === 0 ? transports : [...transports].reverse())
      measures[transport.name] = await measure(transport, inFlight, Number(turnMs));
    results.push({ inFlight, round, measures });
  }
}
for (const transport of transports) transport.close?.();
console.log(JSON.stringify({ node: process.version, results }));
