import type { ProjectListChannel } from "./generated/channels.js";
import { attempt } from "./toast.js";

/**
 * Projects whose name contains a term. The server looks for them, and then shows no others; so this
 * has a channel of its own, and the list of all stays whole.
 */
export class Search {
  readonly #channel: ProjectListChannel;
  readonly #changed: () => void;
  #stop: (() => void) | undefined;
  #term = "";
  #wasConnected = false;
  /** The ids; null: nothing is searched for, or nothing is known yet. */
  found: ReadonlySet<number> | null = null;

  constructor(channel: ProjectListChannel, changed: () => void) {
    this.#channel = channel;
    this.#changed = changed;
  }

  get term(): string {
    return this.#term;
  }

  look(term: string): void {
    this.#term = term;
    if (term === "") this.found = null;
    this.#stop ??= this.#channel.subscribe(() => this.#follow());
    if (this.#channel.connected && term !== "") void this.#ask();
    this.#changed();
  }

  close(): void {
    this.#stop?.();
    this.#channel.close();
  }

  /** A connection that is new shows all projects, until it is asked again. */
  #follow(): void {
    const { connected } = this.#channel;
    const isNew = connected && !this.#wasConnected;
    this.#wasConnected = connected;
    if (isNew && this.#term !== "") void this.#ask();
  }

  async #ask(): Promise<void> {
    const term = this.#term;
    const answer = await attempt("Not searched", this.#channel.search(term, { repeat: true }));
    if (answer === undefined || term !== this.#term) return; // refused, or another one is on its way
    this.found = new Set(this.#channel.state?.map(({ id }) => id));
    this.#changed();
  }
}
