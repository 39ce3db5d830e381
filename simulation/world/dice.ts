import type { Random } from '@openkupe/contract';
import { createSeededRandom } from '@openkupe/contract/testing/seeded-random';

/** Chance of the world. */
export interface Dice extends Random {
  /** Whether something with this probability happens. */
  chance(probability: number): boolean;
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** Dice whose throws depend on the seed and this name alone, so that one part of the world does not change the luck of another. */
  named(name: string): Dice;
}

/** FNV-1a, 32 bits: spreads names over seeds. */
function hashName(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Dice that fall the same way for the same seed. */
export function createDice(seed: number): Dice {
  const random = createSeededRandom(seed);
  return {
    ...random,
    chance: (probability) => random.unit() < probability,
    between: (least, most) => least + Math.floor(random.unit() * (most - least + 1)),
    pick: (items) => items[Math.floor(random.unit() * items.length)] ?? items[0],
    named: (name) => createDice(hashName(seed, name)),
  };
}
