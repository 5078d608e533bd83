/** How one item is shown. */
export interface Row<Item> {
  readonly node: HTMLElement;
  /** Shows the item as it is now. */
  show(item: Item): void;
  /** The item is gone, and so is the node. */
  gone?(): void;
}

/**
 * A list on the page. An item keeps its node as long as it is there, so that the focus, a selection
 * and half-typed text stay where they are. An item that is the very same as before is not looked at:
 * the client makes a new object of whatever has changed, and of nothing else.
 */
export class Rows<Item extends { readonly id: number }> {
  readonly #list: HTMLElement;
  readonly #make: (item: Item) => Row<Item>;
  readonly #elsewhere: HTMLElement | undefined;
  readonly #rows = new Map<number, { row: Row<Item>; item: Item }>();
  #items: readonly Item[] = [];

  /** @param elsewhere  Takes the focus when the row that had it was the only one. */
  constructor(list: HTMLElement, make: (item: Item) => Row<Item>, elsewhere?: HTMLElement) {
    this.#list = list;
    this.#make = make;
    this.#elsewhere = elsewhere;
  }

  show(items: readonly Item[]): void {
    if (items === this.#items) return;
    this.#items = items;
    const refocus = this.#removeAllBut(new Set(items.map(({ id }) => id)));
    items.forEach((item, index) => {
      const node = this.#nodeOf(item);
      // Whatever is in its place already stays: a node that is moved loses the focus.
      if (this.#list.children[index] !== node) {
        this.#list.insertBefore(node, this.#list.children[index] ?? null);
      }
    });
    refocus();
  }

  node(id: number | undefined): HTMLElement | undefined {
    return id === undefined ? undefined : this.#rows.get(id)?.row.node;
  }

  #nodeOf(item: Item): HTMLElement {
    let known = this.#rows.get(item.id);
    if (known?.item === item) return known.row.node;
    if (!known) this.#rows.set(item.id, (known = { row: this.#make(item), item }));
    known.item = item;
    known.row.show(item);
    return known.row.node;
  }

  /** Answers what gives the focus to a neighbour, if it was in a row that is gone. */
  #removeAllBut(ids: ReadonlySet<number>): () => void {
    let refocus = () => {};
    for (const [id, { row }] of this.#rows) {
      if (ids.has(id)) continue;
      const focused = document.activeElement;
      if (row.node.contains(focused)) {
        const index = [...this.#list.children].indexOf(row.node);
        const name = focused?.closest("[data-part]")?.getAttribute("data-part");
        refocus = () => this.#focus(index, name);
      }
      this.#rows.delete(id);
      row.node.remove();
      row.gone?.();
    }
    return refocus;
  }

  /** The same control of the row that is there now, or of the one before. */
  #focus(index: number, name: string | null | undefined): void {
    const row = this.#list.children[index] ?? this.#list.lastElementChild;
    const control = row?.querySelector(`[data-part="${name}"]`);
    const target = control?.querySelector("button") ?? control;
    (target instanceof HTMLElement ? target : this.#elsewhere)?.focus();
  }
}
