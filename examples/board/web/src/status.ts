import type { Status } from "covey";
import { part } from "./dom.js";

const texts: { readonly [status in Status]: string } = {
  closed: "Closed: load the page again",
  connecting: "Connecting",
  syncing: "Syncing",
  synced: "Live",
};

const indicator = part(document, "status", HTMLElement);
const content = part(document, "content", HTMLElement);

/** Says how the page stands with the server. */
export function showStatus(status: Status): void {
  if (document.body.dataset["status"] === status) return; // screen readers would say it again
  document.body.dataset["status"] = status;
  indicator.textContent = texts[status];
  // Nothing can be done with a channel that is closed. While it is on its way back, all waits.
  content.inert = status === "closed";
}
