/*
 * Hooks for React. A channel connects while a component that uses it is mounted.
 */
import { useSyncExternalStore } from "react";
import type { Channel, ChannelSnapshot } from "./channel.js";
import type { IdOf, InstanceOf, ModelName } from "./types.js";

/** All that a channel shows: `const { state, connected } = useChannelState(channel)`. */
export function useChannelState<State, Variables extends object, Models>(
  channel: Channel<State, Variables, Models>,
): ChannelSnapshot<State, Variables> {
  const snapshot = () => channel.snapshot;
  return useSyncExternalStore(channel.subscribe, snapshot, snapshot);
}

/**
 * One instance, nested; null while it is not there. Renders again only when it, or what is below
 * it, changes.
 */
export function useInstance<
  State,
  Variables extends object,
  Models,
  Model extends ModelName<Models>,
>(
  channel: Channel<State, Variables, Models>,
  model: Model,
  id: IdOf<Models, Model>,
): InstanceOf<Models, Model> | null {
  const snapshot = () => channel.instance(model, id);
  return useSyncExternalStore(channel.subscribe, snapshot, snapshot);
}

/** The variables that the server has set. Renders again only when one of them changes. */
export function useRuntimeState<State, Variables extends object, Models>(
  channel: Channel<State, Variables, Models>,
): Partial<Variables> {
  const snapshot = () => channel.runtimeState;
  return useSyncExternalStore(channel.subscribe, snapshot, snapshot);
}
