import { FORGIVEN_KEYS, LATE_MS, NODE_MEMORY_MS, TOLD_MEMORY_MS } from '../exchange-script.ts';
import type { SharedAnswer, Telling } from '../shared-store.ts';

/** The exchange script in the words of this language, for worlds in virtual time. `exchange-script.test.ts` holds it against the real one. */
export interface ExchangeMirror {
  run(telling: Telling, nowMs: number): SharedAnswer;
  /** Forgets everything, like a store that was restarted without its data. */
  flush(): void;
}

/** What the script writes: three decimals. */
const exact = (value: number) => Number(value.toFixed(3));

export function createExchangeMirror(): ExchangeMirror {
  const nodes = new Map<string, number>();
  const told = new Map<string, number>();
  const forgiven = new Map<string, number>();
  const tats = new Map<string, number>();

  const register = (nodeId: string, nowMs: number) => {
    nodes.set(nodeId, nowMs);
    for (const [id, seenMs] of nodes) if (Math.abs(seenMs - nowMs) >= NODE_MEMORY_MS) nodes.delete(id);
    return nodes.size;
  };
  const trimForgiven = (nowMs: number) => {
    for (const [key, mark] of forgiven) if (mark <= nowMs - TOLD_MEMORY_MS) forgiven.delete(key);
    const oldest = [...forgiven].sort(([, left], [, right]) => left - right);
    for (const [key] of oldest.slice(0, Math.max(0, oldest.length - FORGIVEN_KEYS))) forgiven.delete(key);
  };

  return {
    run({ nodeId, sequence, atMs: toldAtMs, toleranceMs, heardMs, spendings }, nowMs) {
      const count = register(nodeId, nowMs);
      const answer = { nowMs: exact(nowMs), nodes: count, heardMs };
      if (toldAtMs < nowMs - LATE_MS) return { ...answer, isLate: true, aheadMs: [], forgiven: [] };
      const atMs = Math.min(toldAtMs, nowMs);
      const isNew = (told.get(nodeId) ?? 0) < sequence;
      if (isNew) told.set(nodeId, sequence);
      const news = new Set([...forgiven].filter(([, mark]) => mark > heardMs).map(([key]) => key));
      let newest = Math.max(0, ...forgiven.values());
      const mark = exact(Math.max(nowMs, newest + 1));
      const furthest = nowMs + count * toleranceMs;
      const aheadMs = spendings.map(({ key, baseMs, spentMs, isForgiven }) => {
        let tat = tats.get(key) ?? 0;
        if (isNew && isForgiven) {
          tat = 0;
          tats.delete(key);
          forgiven.set(key, mark);
          newest = mark;
        }
        if (isNew && (isForgiven || !news.has(key))) tat = Math.max(tat, atMs + baseMs) + spentMs;
        tat = Math.min(tat, furthest);
        if (tat > nowMs - LATE_MS) tats.set(key, exact(tat));
        return exact(Math.max(0, tat - nowMs));
      });
      if (newest === mark) trimForgiven(nowMs);
      return { ...answer, isLate: false, aheadMs, forgiven: [...news], heardMs: Math.max(heardMs, newest) };
    },
    flush() {
      for (const map of [nodes, told, forgiven, tats]) map.clear();
    },
  };
}
