/** One value in DER (X.690 §8.1): tag, length, contents, which are less than 64 KiB. */
export function derValue(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** SEQUENCE of the values. */
export const derSequence = (...values: readonly Uint8Array[]): Buffer => derValue(0x30, ...values);

/** OBJECT IDENTIFIER, SET and the rest as they are encoded, written in hexadecimal digits and spaces. */
export const derHex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** UTCTime, or GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5), of epoch milliseconds. */
export function derTime(atMs: number): Buffer {
  const text = new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  const isLate = text >= '2050';
  return derValue(isLate ? 0x18 : 0x17, Buffer.from(isLate ? text : text.slice(2)));
}

/** The values inside a constructed value, each with its tag and length. */
export function derChildren(der: Buffer): readonly Buffer[] {
  const inside = contentsOf(der);
  const children: Buffer[] = [];
  for (let rest = inside; rest.length > 0; ) {
    const child = rest.subarray(0, endOf(rest));
    children.push(child);
    rest = rest.subarray(child.length);
  }
  return children;
}

/** How many bytes tag and length take. */
const headOf = (der: Buffer): number => 2 + ((der[1] ?? 0) < 0x80 ? 0 : (der[1] ?? 0) & 0x7f);

function endOf(der: Buffer): number {
  const head = headOf(der);
  return head + (head === 2 ? (der[1] ?? 0) : der.readUIntBE(2, head - 2));
}

const contentsOf = (der: Buffer): Buffer => der.subarray(headOf(der), endOf(der));
