/** A plain server for the transport benchmark: 2 kB of JSON for every request. Prints its port; ends when its stdin does. */
import http from 'node:http';

const BODY = JSON.stringify({ items: [{ name: 'prod', text: 'x'.repeat(2_000) }] });
const HEADERS = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(BODY), ETag: '"10.1"' };

const server = http.createServer((_, response) => response.writeHead(200, HEADERS).end(BODY));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
