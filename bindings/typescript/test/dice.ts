/** Random numbers that a seed repeats; the seed is printed, and taken from SEED. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below the limit. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  one<Value>(values: readonly Value[]): Value | undefined {
    return values[this.below(values.length || 1)];
  }

  some<Value>(values: readonly Value[], percent: number): Value[] {
    return values.filter(() => this.chance(percent));
  }

  shuffled<Value>(values: readonly Value[]): Value[] {
    const rest = [...values];
    const shuffled: Value[] = [];
    while (rest.length > 0) shuffled.push(...rest.splice(this.below(rest.length), 1));
    return shuffled;
  }
}

/** The seed of this run. */
export function seedOfRun(what: string): number {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 32);
  console.log(`${what}: SEED=${seed}`);
  return seed;
}
