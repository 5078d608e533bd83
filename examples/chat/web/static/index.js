import { problemWithRoomName } from "./room_name.js";

const input = document.querySelector("#room-name-input");

input.addEventListener("input", () => {
  input.setCustomValidity(input.value === "" ? "" : problemWithRoomName(input.value));
});

document.querySelector("#room-form").addEventListener("submit", (event) => {
  event.preventDefault();
  location.assign(`/chat/${encodeURIComponent(input.value)}/`);
});
