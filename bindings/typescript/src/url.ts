import { CoveyError } from "./errors.js";
import type { Id } from "./types.js";

/**
 * The address of a channel: the server's, and behind it the pattern of the channel with its
 * parameters, encoded.
 *
 * @param base  `http` and `https` will do; undefined: where the page came from.
 */
export function addressOf(
  base: string | undefined,
  pattern: string,
  parameters: { readonly [name: string]: Id },
): string {
  const server = (base ?? String(globalThis.location?.origin)).replace(/^http/, "ws");
  if (!/^wss?:\/\//.test(server)) {
    throw new CoveyError("invalid", `url "${base}" does not begin with http:// or https://`);
  }
  const path = pattern.replace(/<(?:(\w+):)?(\w+)>/g, (_, converter: string, name: string) => {
    const value = parameters[name];
    const encoded = encodeURIComponent(value ?? "");
    // Such segments would lead to another channel; no encoding hides them.
    if (/^$|(^|%2F)\.\.?($|%2F)/.test(encoded))
      throw new CoveyError("invalid", `URL parameter "${name}" cannot be "${value}"`);
    return converter === "path" ? encoded.replaceAll("%2F", "/") : encoded;
  });
  return server.replace(/\/*$/, "/") + path.replace(/^\/+/, "");
}
