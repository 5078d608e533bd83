import type { ClientOptions } from "covey";
import { ProjectChannel, ProjectListChannel } from "./generated/channels.js";
import { Search } from "./search.js";

/** What the page is connected to, for one user. */
export class Session {
  readonly #options: ClientOptions;
  /** All projects, with all that is in them. Everything is written here, and shown from here. */
  readonly board: ProjectListChannel;
  readonly search: Search;
  readonly #stop: () => void;

  constructor(token: string, changed: () => void) {
    this.#options = { token };
    this.board = new ProjectListChannel(this.#options);
    this.search = new Search(new ProjectListChannel(this.#options), changed);
    this.#stop = this.board.subscribe(changed);
  }

  /** One project alone. Whoever is connected to it counts as somebody who views it. */
  view(project_id: number): ProjectChannel {
    return new ProjectChannel(this.#options, { project_id });
  }

  close(): void {
    this.#stop();
    this.board.close();
    this.search.close();
  }
}
