/** Between what a wait lies, in milliseconds, however often it failed; as the server says it. */
export interface RetryBounds {
  readonly min_ms: number;
  readonly max_ms: number;
}

/** Until a server says otherwise. */
export const defaultRetry: RetryBounds = { min_ms: 500, max_ms: 10_000 };

/**
 * How long to wait before the next attempt: anything between the least and a ceiling that doubles
 * with each failure, all of it equally likely, so that clients that were cut off together do not
 * come back together.
 *
 * @param failures  Attempts that have failed in a row before this one: 0, 1, ...
 * @param random    From 0 to below 1.
 */
export function retryDelay(failures: number, bounds: RetryBounds, random: number): number {
  const { min_ms: min, max_ms: max } = bounds;
  const ceiling = Math.min(max, min * 2 ** (failures + 1));
  return min + random * (ceiling - min);
}
