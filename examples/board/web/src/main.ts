/* The page: whenever something changes, all of it is shown anew, and only what changed is touched. */
import { part } from "./dom.js";
import type { Project } from "./generated/channels.js";
import { makePanel } from "./panel.js";
import { Rows } from "./rows.js";
import { Session } from "./session.js";
import { listen, resetSidebar, showSidebar } from "./sidebar.js";
import { showStatus } from "./status.js";
import { onUserChange, token } from "./user.js";

const waiting = part(document, "waiting", HTMLElement);
/** A list of one project, or of none, so that each project that is opened has a panel of its own. */
const panels = new Rows<Project>(part(document, "panel", HTMLElement), (project) =>
  makePanel(session, project),
);
let session = new Session(token(), show);

function show(): void {
  const { state, status } = session.board;
  // Said once and for all: the first may soon be another.
  if (location.hash === "" && state?.[0]) history.replaceState(null, "", `#${state[0].id}`);
  const open = state?.find(({ id }) => location.hash === `#${id}`);
  showStatus(status);
  showSidebar(session, open);
  panels.show(open ? [open] : []);
  waiting.hidden = open !== undefined;
  waiting.textContent = state ? "There is no such project." : "Waiting for the server";
  document.title = open ? `${open.name} · Board` : "Board";
}

listen(() => session);
addEventListener("hashchange", show);
onUserChange(() => {
  // Nothing of what one user saw may be left for the other.
  session.close();
  session = new Session(token(), show);
  resetSidebar();
  show();
});
show();
