/** Between what a wait lies: at least `min`, and at most `max`, however often it failed. */
export interface RetryBounds {
  readonly minMilliseconds: number;
  readonly maxMilliseconds: number;
}

/** Until a server says otherwise. */
export const defaultRetry: RetryBounds = { minMilliseconds: 500, maxMilliseconds: 10_000 };

/**
 * How long to wait before the next attempt: anything between the least and a ceiling that doubles
 * with each failure, all of it equally likely, so that clients that were cut off together do not
 * come back together.
 *
 * @param failures  Attempts that have failed in a row before this one: 0, 1, ...
 * @param random    From 0 to below 1.
 */
export function retryDelay(failures: number, bounds: RetryBounds, random: number): number {
  const { minMilliseconds: min, maxMilliseconds: max } = bounds;
  const ceiling = Math.min(max, min * 2 ** (failures + 1));
  return min + random * (ceiling - min);
}
