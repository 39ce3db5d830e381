#!/usr/bin/env node
// Starts the server. Plain JavaScript, so that an older Node says what it lacks and not where it stumbled.
'use strict';
const LEAST_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) < LEAST_MAJOR) {
  process.stderr.write(
    `openkupe: the server needs Node ${LEAST_MAJOR} or newer, and this is ${process.version}; install a newer Node and start it again\n`,
  );
  process.exitCode = 1;
} else {
  import('../src/start/main.mjs').catch((error) => {
    process.stderr.write(`openkupe: the server could not be loaded: ${error.message}\n`);
    process.exitCode = 1;
  });
}
