/** What our client promises in which scenario; the median over the seeds decides. */
const target = (text, scenario, circumstances, measure, isMet) => ({ target: text, scenario, circumstances, measure, isMet });
const atMost = (limit) => (value) => value <= limit;
const atLeast = (limit) => (value) => value >= limit;

const STORM_SIZES = ['1 × 300 calls, 10/s burst 10', '1 × 3000 calls, 100/s burst 100'];
const KINDS = ['next-token', 'reservation'];

const storms = STORM_SIZES.flatMap((size) =>
  KINDS.flatMap((kind) => {
    const [blind, told] = [`${size}, ${kind}`, `${size}, ${kind}, fields`];
    return [
      target(`A ${blind}: all done`, 'A', blind, 'done %', atLeast(100)),
      target(`A ${blind}: ≤ 1.10 × ideal`, 'A', blind, 'finish/ideal', atMost(1.1)),
      target(`A ${blind}: ≤ 0.10 refused per call`, 'A', blind, '429/call', atMost(0.1)),
      target(`A ${told}: ≤ 1.05 × ideal`, 'A', told, 'finish/ideal', atMost(1.05)),
      target(`A ${told}: ≤ 0.02 refused per call`, 'A', told, '429/call', atMost(0.02)),
    ];
  }),
);

const shared = KINDS.flatMap((kind) => {
  const here = `8 × 40 calls, 10/s burst 10, ${kind}`;
  return [
    target(`B ${here}: all done`, 'B', here, 'done %', atLeast(100)),
    target(`B ${here}: ≤ 1.08 × ideal`, 'B', here, 'finish/ideal', atMost(1.08)),
    target(`B ${here}: ≤ 0.5 refused per call`, 'B', here, '429/call', atMost(0.5)),
    target(`B ${here}: Jain ≥ 0.95`, 'B', here, 'Jain', atLeast(0.95)),
  ];
});

const outages = ['30 s of 503', '30 s of refused connections'].flatMap((here) => [
  target(`C ${here}: ≥ 99.9 % inside 60 s`, 'C', here, 'success in 60 s %', atLeast(99.9)),
  target(`C ${here}: ≤ 0.05 × added load`, 'C', here, 'added load ×', atMost(0.05)),
]);

export const TARGETS = [
  ...storms,
  ...shared,
  ...outages,
  target('C: no healthy call harmed', 'C', 'one sick resource for 30 s', 'healthy calls harmed', atMost(0)),
  target('F: ≥ 99 % at 50 writers', 'F', '50 writers', 'success %', atLeast(99)),
  target('F: ≤ 6 writes per success at 50 writers', 'F', '50 writers', 'writes/success', atMost(6)),
  ...['keys honoured', 'no keys'].flatMap((keys) => [
    target(`G 5 % lost, ${keys}: no duplicate`, 'G', `5 % lost, ${keys}`, 'duplicates', atMost(0)),
    target(`G 5 % lost, ${keys}: no false error`, 'G', `5 % lost, ${keys}`, 'false errors', atMost(0)),
  ]),
  target('I: < 5 ms', 'I', 'abort in a 20 s wait', 'worst ms', (value) => value < 5),
  target('I: no timer left', 'I', 'abort in a 20 s wait', 'timers left', atMost(0)),
  target('J: no early return', 'J', '14 kinds of header', 'returned too early', atMost(0)),
  target('J: no silent wait over 2 min', 'J', '14 kinds of header', 'silent for over 2 min', atMost(0)),
];
