/** What of the world a channel depends on; a test brings its own. */
export interface Platform {
  /** From 0 to below 1. */
  random(): number;
  /** Runs a function once, so much later; the answer prevents it. */
  timer(milliseconds: number, run: () => void): () => void;
  /**
   * Calls `wake` when there is reason to connect at once (the network is back, somebody looks at
   * the page again), and `doubt` when a connection may be dead without a sign; the answer ends it.
   */
  watch(wake: () => void, doubt: () => void): () => void;
}

/** A browser page; outside one, nothing is watched. */
export const page: Platform = {
  random: Math.random,
  timer(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  watch(wake, doubt) {
    const end = new AbortController();
    const { signal } = end;
    if (typeof document === "object") {
      const seen = () => document.visibilityState === "visible" && wake();
      document.addEventListener("visibilitychange", seen, { signal });
      addEventListener("online", wake, { signal });
      addEventListener("offline", doubt, { signal });
    }
    return () => end.abort();
  },
};
