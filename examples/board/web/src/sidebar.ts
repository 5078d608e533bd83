import { copy, part } from "./dom.js";
import type { Project } from "./generated/channels.js";
import { Rows } from "./rows.js";
import type { Row } from "./rows.js";
import type { Session } from "./session.js";
import { attempt } from "./toast.js";

const sidebar = part(document, "sidebar", HTMLElement);
const term = part(sidebar, "term", HTMLInputElement);
const none = part(sidebar, "none", HTMLElement);
const form = part(sidebar, "create", HTMLFormElement);
const field = part(form, "name", HTMLInputElement);
const links = new Rows(part(sidebar, "projects", HTMLElement), makeLink);

/** Listens to who searches, and who creates a project. */
export function listen(session: () => Session): void {
  term.addEventListener("input", () => session().search.look(term.value));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name === "") return field.focus();
    // An action, not a write: nothing is shown before the server has answered.
    const id = await attempt("Project not created", session().board.createProject(name));
    if (id === undefined) return;
    field.value = "";
    location.hash = String(id);
  });
}

/** Shows the projects, or those that were found. */
export function showSidebar({ board, search }: Session, open: Project | undefined): void {
  const all = board.state ?? [];
  const { found } = search;
  const shown = found ? all.filter(({ id }) => found.has(id)) : all;
  links.show(shown);
  none.hidden = !found || shown.length > 0;
  none.textContent = `No project contains “${search.term}”.`;

  const current = sidebar.querySelector("[aria-current]");
  const wanted = links.node(open?.id)?.querySelector("a");
  if (current === (wanted ?? null)) return;
  current?.removeAttribute("aria-current");
  wanted?.setAttribute("aria-current", "page");
  wanted?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** A user who is new has not searched for anything. */
export function resetSidebar(): void {
  term.value = "";
}

function makeLink({ id }: Project): Row<Project> {
  const node = copy("project-link");
  const link = node.querySelector("a")!;
  link.href = `#${id}`;
  function show({ name, tasks }: Project): void {
    const open = tasks.filter(({ done }) => !done).length;
    part(node, "name", HTMLElement).textContent = name;
    part(node, "count", HTMLElement).hidden = open === 0;
    part(node, "open", HTMLElement).textContent = String(open);
  }
  return { node, show };
}
