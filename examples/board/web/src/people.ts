import type { Member } from "./generated/channels.js";

/** Shows a member as a coloured circle, or nobody as nothing. */
export function showAvatar(avatar: HTMLElement, member: Member | null): void {
  avatar.hidden = member === null;
  if (member === null) return;
  avatar.textContent = member.name.slice(0, 1);
  avatar.title = member.name;
  avatar.ariaLabel = member.name;
  avatar.style.setProperty("--hue", String((member.id * 137) % 360));
}
