import { CoveyError } from "covey";
import { part } from "./dom.js";

const toast = part(document, "toast", HTMLElement);
const shownMilliseconds = 8_000;
let timer = 0;

/**
 * Waits for something that the user did. Undefined: it failed, and the user was told so. A write
 * that was shown ahead of its answer has been taken back by then.
 */
export async function attempt<Result>(
  problem: string,
  doing: Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await doing;
  } catch (error) {
    say(`${problem}: ${reason(error)}`);
    return undefined;
  }
}

function reason(error: unknown): string {
  if (!(error instanceof CoveyError)) return String(error);
  switch (error.code) {
    case "disconnected":
      return "the connection was lost on the way, so look whether it was done.";
    case "timed_out":
      return "the server did not answer.";
    default:
      return `${error.message}.`;
  }
}

function say(text: string): void {
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "Dismiss";
  close.addEventListener("click", hide);
  toast.replaceChildren(text, close);
  clearTimeout(timer);
  timer = setTimeout(hide, shownMilliseconds);
}

function hide(): void {
  toast.replaceChildren();
}
