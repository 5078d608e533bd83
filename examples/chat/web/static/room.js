import { problemWithRoomName } from "./room_name.js";

const LINES_MAX = 500;
const RETRY_FIRST_MS = 500;
const RETRY_MOST_MS = 15_000;

const log = document.querySelector("#chat-log");
const input = document.querySelector("#chat-message-input");
const status = document.querySelector("#chat-status");

const room = roomFromPath();
let socket = null;
let retry = null;
let failures = 0;

document.querySelector("#chat-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (input.value === "" || socket?.readyState !== WebSocket.OPEN) return; // the text stays
  socket.send(JSON.stringify({ message: input.value }));
  input.value = "";
  say("open", "Connected");
});

const problem = problemWithRoomName(room);
if (problem === "") {
  document.title = `${room} – Chat`;
  document.querySelector("#chat-room").textContent = room;
  window.addEventListener("online", connect);
  connect();
} else {
  say("lost", problem);
}

/** The room of /chat/<room>/; "" when it is not UTF-8. */
function roomFromPath() {
  try {
    return decodeURIComponent(location.pathname.split("/")[2]);
  } catch {
    return "";
  }
}

function connect() {
  if (socket !== null && socket.readyState !== WebSocket.CLOSED) return;
  clearTimeout(retry);
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/ws/chat/${encodeURIComponent(room)}/`);
  socket.addEventListener("open", () => {
    failures = 0;
    say("open", "Connected");
  });
  socket.addEventListener("message", (event) => {
    const { message, error } = JSON.parse(event.data);
    if (error !== undefined) say("lost", `Not sent: ${error}`);
    else append(message);
  });
  socket.addEventListener("close", retryLater);
}

// All clients of a server lose it at once; the jitter keeps them from coming back at once.
function retryLater() {
  const delay = Math.random() * Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** failures);
  failures += 1;
  say("lost", `Connection lost. Trying again in ${Math.ceil(delay / 1000)} s …`);
  retry = setTimeout(connect, delay);
}

// Text nodes, never markup. The log keeps its place while someone reads what was said before.
function append(message) {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  log.append(`${message}\n`);
  if (log.childNodes.length > LINES_MAX) log.firstChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function say(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}
