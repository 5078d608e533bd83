/**
 * A text that becomes a field when it is pressed. Enter keeps what was typed, and so does leaving
 * the field; Escape does not. What others write meanwhile does not touch the field.
 */
export class Editable {
  readonly #button: HTMLButtonElement;
  readonly #input: HTMLInputElement;
  readonly #keep: (text: string) => void;

  /** @param place  Holds a button, and a field that is hidden. */
  constructor(place: HTMLElement, keep: (text: string) => void) {
    this.#button = place.querySelector("button")!;
    this.#input = place.querySelector("input")!;
    this.#keep = keep;
    this.#button.addEventListener("click", () => this.#begin());
    this.#input.addEventListener("blur", () => this.#end(true));
    this.#input.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // Enter chooses a word of the input method
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      this.#end(event.key === "Enter");
      this.#button.focus();
    });
  }

  show(text: string): void {
    this.#button.textContent = text;
  }

  #begin(): void {
    this.#input.defaultValue = this.#button.textContent ?? "";
    this.#input.value = this.#input.defaultValue;
    this.#button.hidden = true;
    this.#input.hidden = false;
    this.#input.select();
    this.#input.focus();
  }

  #end(isKept: boolean): void {
    if (this.#input.hidden) return; // hiding a field takes the focus away, which ends here again
    this.#input.hidden = true;
    this.#button.hidden = false;
    const text = this.#input.value.trim();
    if (isKept && text !== "" && text !== this.#input.defaultValue) this.#keep(text);
  }
}
