/* The page and its parts. What there is, index.html says; scripts look it up by name. */

/** A copy of what a template of the page holds. */
export function copy(template: string): HTMLElement {
  const found = document.getElementById(template);
  const first = found instanceof HTMLTemplateElement ? found.content.firstElementChild : null;
  if (!first) throw new Error(`the page has no template "${template}"`);
  return document.importNode(first, true) as HTMLElement;
}

/** A part that must be there, and of which kind it is. */
export function part<Kind extends HTMLElement>(
  within: ParentNode,
  name: string,
  kind: new () => Kind,
): Kind {
  const found = within.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} "${name}"`);
  return found;
}
