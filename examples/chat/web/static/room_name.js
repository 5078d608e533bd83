// A group's name has 255 bytes at most, and "chat_" takes five of them.
const BYTES_MAX = 250;

/** What is wrong with the name of a room, in words; "" if nothing is. */
export function problemWithRoomName(name) {
  if (name === "") return "A room needs a name.";
  // Browsers and servers take these for parts of a path, also when encoded.
  if (name === "." || name === ".." || name.includes("/")) {
    return "A room cannot be called “.” or “..”, or hold a slash.";
  }
  if (/[\0\r\n]/.test(name)) return "A room's name is one line.";
  if (new TextEncoder().encode(name).length > BYTES_MAX) return "This name is too long.";
  return "";
}
