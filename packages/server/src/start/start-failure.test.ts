import { expect, it } from 'vitest';
import { explainListenFailure } from '../http/listen-failure.ts';
import { explainStartFailure } from './start-failure.ts';

const failure = (fields: object) => Object.assign(new Error('raw'), fields);

it.each([
  [
    failure({ code: 'EADDRINUSE', address: '127.0.0.1', port: 8080 }),
    'Port 8080 on 127.0.0.1 is taken; stop what uses it, or choose another with --port',
  ],
  [failure({ code: 'EACCES', port: 80 }), 'Port 80 may not be used by this account; choose one above 1023 with --port'],
  [failure({ code: 'EACCES', path: '/srv/data' }), '/srv/data is not writable; change its owner or mode, or choose another with --data'],
  [failure({ code: 'EADDRNOTAVAIL', address: '10.9.9.9' }), 'This machine has no address 10.9.9.9; choose another with --host'],
  [failure({ code: 'ENOSPC' }), 'The disk is full; make room and start again'],
  [
    failure({ code: 'ENOTDIR', path: '/srv/data/sandbox' }),
    '/srv/data/sandbox is no directory and has to be one; move it away and restore it from a backup',
  ],
  [failure({ code: 'EISDIR' }), 'A part of the data folder is a directory and has to be a file; move it away and restore it from a backup'],
  [failure({}), 'raw'],
])('%# explains itself', (error, sentence) => expect(explainStartFailure(error)).toBe(sentence));

it('names the settings of whichever listener it was', () => {
  const settings = { host: 'A_HOST', port: 'A_PORT' };
  expect(explainListenFailure(failure({ code: 'EADDRINUSE', address: '::1', port: 1 }), settings)).toContain('choose another with A_PORT');
  expect(explainListenFailure(failure({ code: 'EADDRNOTAVAIL', address: '::1' }), settings)).toContain('choose another with A_HOST');
  expect(explainListenFailure(failure({ code: 'ENOTFOUND' }), settings)).toContain('with A_HOST');
  expect(explainListenFailure(failure({ code: 'ENOSPC' }), settings)).toBeUndefined();
});
