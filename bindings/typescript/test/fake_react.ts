/*
 * As much of React as hooks on an external store need: one component, which renders when a store
 * that it uses has another snapshot.
 */
type Store = {
  readonly getSnapshot: () => unknown;
  readonly stop: () => void;
  shown: unknown;
};

let rendering: Component | undefined;

export class Component {
  renderings = 0;
  #stores: Store[] = [];
  #used = 0;

  constructor(readonly render: () => void) {
    this.update();
  }

  update(): void {
    this.renderings += 1;
    this.#used = 0;
    rendering = this;
    this.render();
    rendering = undefined;
  }

  unmount(): void {
    for (const store of this.#stores) store.stop();
    this.#stores = [];
  }

  use(subscribe: (listener: () => void) => () => void, getSnapshot: () => unknown): unknown {
    const known = this.#stores[this.#used];
    this.#used += 1;
    const shown = getSnapshot();
    if (!Object.is(shown, getSnapshot())) throw new Error("the snapshot is never the same");
    if (known) {
      known.shown = shown;
      return shown;
    }
    const check = () => {
      const store = this.#stores.find((other) => other === made);
      if (store && !Object.is(store.shown, getSnapshot())) this.update();
    };
    const made: Store = { getSnapshot, shown, stop: () => stop() };
    this.#stores.push(made);
    const stop = subscribe(check);
    // It may have changed just now; that is looked at once the component is there.
    queueMicrotask(check);
    return shown;
  }
}

export function useSyncExternalStore<Snapshot>(
  subscribe: (listener: () => void) => () => void,
  getSnapshot: () => Snapshot,
): Snapshot {
  if (!rendering) throw new Error("a hook is called outside a component");
  return rendering.use(subscribe, getSnapshot) as Snapshot;
}
