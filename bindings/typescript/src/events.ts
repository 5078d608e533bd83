/** Who wants to be told of which event; `Events` maps its name to what is told. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>();

  /** How many listen to an event. */
  count(event: keyof Events): number {
    return this.#listeners.get(event)?.size ?? 0;
  }

  /** Calls a listener at each event, until the function that is answered is called. */
  on<Name extends keyof Events>(event: Name, listener: (detail: Events[Name]) => void): () => void {
    // One listener may be added twice, and then each is taken away on its own.
    const own = (detail: Events[Name]) => listener(detail);
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(own));
    return () => void all.delete(own);
  }

  /** Calls all listeners. One that throws keeps no other from being called. */
  emit<Name extends keyof Events>(event: Name, detail: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        (listener as (detail: Events[Name]) => void)(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
