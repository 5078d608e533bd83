import { part } from "./dom.js";

/** Those whom the server knows, and what they say to it. */
const tokens = { alice: "alice-token", bob: "bob-token" } as const;
type User = keyof typeof tokens;

const choice = part(document, "user", HTMLFieldSetElement);
let user: User = sessionStorage.getItem("user") === "bob" ? "bob" : "alice";
choice.querySelector<HTMLInputElement>(`[value=${user}]`)!.checked = true;

export function token(): string {
  return tokens[user];
}

/** Calls a listener when somebody else uses the page. Each tab has a user of its own. */
export function onUserChange(listener: () => void): void {
  choice.addEventListener("change", ({ target }) => {
    user = (target as HTMLInputElement).value as User;
    sessionStorage.setItem("user", user);
    listener();
  });
}
