import { part } from "./dom.js";
import type { Project } from "./generated/channels.js";

const dialog = part(document, "move", HTMLDialogElement);
let chosen: (project: number) => void = () => {};

dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  // First, for it gives the focus back to where it was.
  dialog.close();
  const { value } = event.submitter as HTMLButtonElement;
  if (value !== "") chosen(Number(value));
});

/** Asks into which project to move a task. Escape leaves it where it is. */
export function askWhere(
  title: string,
  projects: readonly Project[],
  answer: (project: number) => void,
): void {
  chosen = answer;
  part(dialog, "title", HTMLElement).textContent = `Move “${title}” to`;
  part(dialog, "targets", HTMLElement).replaceChildren(...projects.map(makeTarget));
  dialog.showModal();
}

function makeTarget({ id, name }: Project): HTMLElement {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.value = String(id);
  button.textContent = name;
  item.append(button);
  return item;
}
