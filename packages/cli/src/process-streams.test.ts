import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createInput, createOutput } from './process-streams.ts';

const never = new AbortController().signal;

describe('a typed line', () => {
  test('is read without its line end, and what follows is left alone', async () => {
    const stream = new PassThrough();
    const line = createInput(stream).readLine(never);
    stream.write('production\r\nmore\n');
    expect(await line).toBe('production');
  });

  test('is undefined at the end of the input', async () => {
    const stream = new PassThrough();
    const line = createInput(stream).readLine(never);
    stream.end();
    expect(await line).toBeUndefined();
  });

  test.each(['before', 'while'])('a signal %s it is typed ends the reading with its reason', async (when) => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    if (when === 'before') controller.abort(reason);
    const line = createInput(new PassThrough()).readLine(controller.signal);
    setTimeout(() => controller.abort(reason), 20);
    await expect(line).rejects.toBe(reason);
  });
});

test('all of the input, with characters that are cut between chunks', async () => {
  const stream = new PassThrough();
  const text = createInput(stream).readAll();
  const bytes = Buffer.from('key: ü€\n');
  stream.write(bytes.subarray(0, 6));
  stream.end(bytes.subarray(6));
  expect(await text).toBe('key: ü€\n');
});

describe('output', () => {
  test.each(['EPIPE', 'EIO'])('the first error of a stream (%s) is what flushing says', async (code) => {
    const stream = new PassThrough();
    const output = createOutput(stream as never);
    output.write('x');
    expect(await output.flush()).toBeUndefined();
    for (const each of [code, 'ELATER']) stream.emit('error', Object.assign(new Error(each), { code: each }));
    output.write('y');
    expect(await output.flush()).toMatchObject({ code });
  });

  test('the width is read again each time', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const output = createOutput(stream as never);
    stream.columns = 40;
    expect([output.isTerminal, output.columns]).toEqual([true, 40]);
  });

  test('flushing waits for a slow reader', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const output = createOutput(stream as never);
    output.write('x'.repeat(100_000));
    let isFlushed = false;
    const flushing = output.flush().then(() => {
      isFlushed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isFlushed).toBe(false);
    stream.resume();
    await flushing;
  });
});
