/**
 * Time that moves only from one timer to the next, so that an hour of retries takes a second. It replaces the globals, so that the
 * libraries run unchanged; install it before they are imported. Node's rule for timers holds: whole milliseconds, at least one.
 */
interface Timer {
  readonly id: number;
  at: number;
  readonly run: () => void;
  readonly delayMs: number;
  readonly isRepeating: boolean;
  isActive: boolean;
  /** Keeps a process alive, as far as Node is concerned. */
  isRef: boolean;
  /** The simulated network and the scenario itself sleep, too; only the client under test is asked what it leaves behind. */
  readonly isOfTheSimulation: boolean;
}

const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  Date: globalThis.Date,
  performanceNow: performance.now.bind(performance),
};
const START = Date.UTC(2026, 0, 1);

let isInstalled = false;
let nowMs = START;
let lastId = 0;
let heap: Timer[] = [];

function isBefore(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.id < other.id);
}

function push(timer: Timer): void {
  heap.push(timer);
  for (let index = heap.length - 1; index > 0; ) {
    const parent = (index - 1) >> 1;
    const [above, below] = [heap[parent] as Timer, heap[index] as Timer];
    if (!isBefore(below, above)) return;
    heap[parent] = below;
    heap[index] = above;
    index = parent;
  }
}

function pop(): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  heap[0] = last;
  for (let index = 0; ; ) {
    const [left, right] = [2 * index + 1, 2 * index + 2];
    let least = index;
    if (left < heap.length && isBefore(heap[left] as Timer, heap[least] as Timer)) least = left;
    if (right < heap.length && isBefore(heap[right] as Timer, heap[least] as Timer)) least = right;
    if (least === index) return first;
    [heap[index], heap[least]] = [heap[least] as Timer, heap[index] as Timer];
    index = least;
  }
}

function wholeMs(ms: unknown): number {
  const given = Math.trunc(Number(ms));
  return given >= 1 && given <= 2 ** 31 - 1 ? given : 1;
}

class Handle {
  timer: Timer;

  constructor(timer: Timer) {
    this.timer = timer;
  }

  ref(): this {
    this.timer.isRef = true;
    return this;
  }

  unref(): this {
    this.timer.isRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.timer.isRef;
  }

  /** Starts anew from now. The heap is ordered by time, so it takes a new entry rather than a changed one. */
  refresh(): this {
    this.timer.isActive = false;
    this.timer = { ...this.timer, id: ++lastId, at: nowMs + this.timer.delayMs, isActive: true };
    push(this.timer);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.timer.id;
  }

  [Symbol.dispose](): void {
    this.timer.isActive = false;
  }
}

function schedule(run: () => void, ms: unknown, { isRepeating = false, isOfTheSimulation = false } = {}): Handle {
  const delayMs = wholeMs(ms);
  const timer = { id: ++lastId, at: nowMs + delayMs, run, delayMs, isRepeating, isActive: true, isRef: true, isOfTheSimulation };
  push(timer);
  return new Handle(timer);
}

function cancel(handle: unknown): void {
  if (handle instanceof Handle) handle.timer.isActive = false;
}

class VirtualDate extends real.Date {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(nowMs);
    else super(...(given as [number]));
  }

  static override now(): number {
    return nowMs;
  }
}

/** Replaces the timers, `Date` and `performance.now` for the rest of the process. */
export function installVirtualTime(): void {
  isInstalled = true;
  Object.assign(globalThis, {
    setTimeout: (run: (...given: unknown[]) => void, ms?: unknown, ...given: unknown[]) => schedule(() => run(...given), ms),
    setInterval: (run: (...given: unknown[]) => void, ms?: unknown, ...given: unknown[]) =>
      schedule(() => run(...given), ms, { isRepeating: true }),
    clearTimeout: cancel,
    clearInterval: cancel,
    Date: VirtualDate,
  });
  performance.now = () => nowMs - START;
}

/** Virtual milliseconds since the start of the world; real ones as long as virtual time is not installed. */
export function elapsedMs(): number {
  return isInstalled ? nowMs - START : real.performanceNow();
}

/** Sets the clock back to the beginning of the world: no run shall depend on how long others took before it. Nothing may be running. */
export function beginAgain(): void {
  nowMs = START;
}

/** Timers that the code under test has left running and that would keep its process alive. */
export function pendingTimers(): number {
  return heap.filter(({ isActive, isRef, isOfTheSimulation }) => isActive && isRef && !isOfTheSimulation).length;
}

const settle = () => new Promise<void>((resolve) => real.setImmediate(resolve));

/** A library may read a file before its first request: so many real milliseconds without a timer are waited for. */
const MOST_IDLE = 200;

/** Runs until `work` settles or `limitMs` of virtual time have passed; says which. Timers that are left are thrown away. */
export async function runVirtual(work: () => Promise<unknown>, limitMs: number): Promise<'settled' | 'out-of-time'> {
  const endsAt = nowMs + limitMs;
  let isSettled = false;
  let failure: unknown;
  work().then(
    () => {
      isSettled = true;
    },
    (error: unknown) => {
      isSettled = true;
      failure = error ?? new Error('The work failed without a reason');
    },
  );
  let idle = 0;
  await settle();
  while (!isSettled) {
    const timer = pop();
    if (!timer) {
      if (++idle > MOST_IDLE) break;
      await new Promise<void>((resolve) => void real.setTimeout(resolve, 1));
      continue;
    }
    idle = 0;
    if (!timer.isActive) continue;
    if (timer.at > endsAt) break;
    nowMs = Math.max(nowMs, timer.at);
    if (timer.isRepeating) {
      timer.at = nowMs + timer.delayMs;
      push(timer);
    } else timer.isActive = false;
    timer.run();
    await settle();
  }
  heap = [];
  if (failure) throw failure;
  return isSettled ? 'settled' : 'out-of-time';
}

/** How the simulation itself sleeps: in virtual time, or in real time as long as that is not installed. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (isInstalled) schedule(resolve, ms, { isOfTheSimulation: true });
    else setTimeout(resolve, ms);
  });
}
