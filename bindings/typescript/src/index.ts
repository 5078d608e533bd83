/**
 * Covey in the browser: state that is the server's, live, and calls to the server.
 *
 * ## Channels
 *
 * A channel of the server shows an instance, or a list of them, with all that they refer to. The
 * server writes a class for each of its channels; this is one of them:
 *
 *     const channel = new ProjectChannel({ url: "https://example.org", token }, { project_id: 2 });
 *     const stop = channel.subscribe(() => render(channel.state));
 *
 * It connects as soon as somebody is subscribed, and leaves a moment after the last has gone; with
 * `open()` it stays until `close()`. A lost connection is made again by itself: later and later,
 * at random moments, at once when the page is looked at again or is online again, and when a server
 * that was shut down has said so. A channel that comes back is told only what it missed.
 *
 * `status` says how things stand. Only while it is `synced`, and `connected` is true, is what the
 * channel shows what the server has. Otherwise it is what was known last, or null.
 *
 * ## State
 *
 * `state` is made of plain objects, nested, which never change. Each change makes new objects for
 * the instance that changed and for all that refer to it, near or far, and leaves all others the
 * very same: `===` tells whether anything below an instance is different. All changes that the
 * server made together are shown together. What is referred to and is not there (it is somebody
 * else's, or deleted) is null, or not in the list. Instances may refer to each other in circles.
 *
 * `instance("board.Task", 4)` is the same object that the state holds somewhere. `runtimeState` has
 * the variables that the server keeps for this client. `snapshot` is all of it at one moment.
 *
 * ## Actions
 *
 * Each action is a method that takes its parameters in order, or one object that names them:
 *
 *     await channel.rename("Telephone app");
 *     await channel.rename({ name: "Telephone app" }, { timeoutMilliseconds: 5_000 });
 *
 * A call waits for the connection, within its deadline. If the connection is lost before the answer
 * came, the call fails with `disconnected`; one that says `repeat: true` is made again instead.
 *
 * ## Writes
 *
 *     await channel.save("board.Task", 4, { done: true, assignee: 3 });
 *     const id = await channel.create("board.Project", 2, "tasks", { title: "x", done: false });
 *     await channel.delete("board.Task", id);
 *
 * A write is shown at once. What the server says meanwhile goes underneath; when it refuses, this
 * write is taken back, and no other. What is being created has a negative id until the server's
 * row is there, and can be changed and deleted under it, then and later.
 *
 * ## Errors
 *
 * Whatever fails, fails with a `CoveyError`; its `code` is one of a few words, and `status` the
 * number that the server gave. A channel that is refused is `closed`, and its `error` says why.
 *
 * ## The rest
 *
 * `on("system", ...)` hears what those who run the server say to everybody, `on("message", ...)`
 * frames that its program made up. Hooks for React are in `covey/react`.
 */
export { Channel } from "./channel.js";
export type { ChannelSnapshot } from "./channel.js";
export type { CallOptions } from "./calls.js";
export { CoveyError } from "./errors.js";
export type { ErrorCode } from "./errors.js";
export type { ChannelEvents, ClientOptions, Status } from "./link.js";
export type { Platform } from "./platform.js";
export type { WebSocketConstructor, WebSocketLike } from "./socket.js";
export * from "./types.js";
export type { SystemMessage } from "./wire.js";
export type { WriteOptions } from "./writes.js";
