/* The scenarios whose messages are JSON texts around those of fan-out and echo.
 * The servers are python/covey_*.py and peers/peer_channels.py.
 *
 * chat       As fan-out: {"message": ...} from one, the same to all of a room.
 * call-text  As echo, but every client follows a board of a context channel,
 *            and calls echo(text).
 * call-json  The same calls, without a board. */
#include <stdio.h>
#include <string.h>

#include "scenarios.h"

#define CALL "{\"callId\":%llu,\"action\":\"echo\",\"params\":[\""
#define RESULT "{\"type\":\"actionResponse\",\"callId\":%llu,\"result\":\""

static size_t between(char *to, size_t head, uint64_t number,
                      const char *tail) {
  size_t size = head + payload_write(to + head, number);
  size_t tail_bytes = strlen(tail);
  memcpy(to + size, tail, tail_bytes);
  return size + tail_bytes;
}

static size_t chat_write(char *to, uint64_t number) {
  size_t head = (size_t)sprintf(to, "{\"message\":\"");
  return between(to, head, number, "\"}");
}

/* The ids of calls are as long as those of RxDjango's clients. */
static unsigned long long call_id(uint64_t number) {
  return 1795247640000000000 + (unsigned long long)number;
}

static size_t call_write(char *to, uint64_t number) {
  size_t head = (size_t)sprintf(to, CALL, call_id(number));
  return between(to, head, number, "\"]}");
}

static size_t result_write(char *to, uint64_t number) {
  size_t head = (size_t)sprintf(to, RESULT, call_id(number));
  return between(to, head, number, "\"}");
}

static void chat_connect(void) {
  on_message = answer_check;
  connect_until(option.connections, "/ws/chat/1/");
}

static void call_text_connect(void) { join_all(option.connections); }

static void call_json_connect(void) {
  on_message = answer_check;
  connect_until(option.connections, "/board/1/");
}

const struct scenario chat = {.name = "chat",
                              .measure = measure_messages,
                              .connect = chat_connect,
                              .first = fanout_first,
                              .phase = fanout_phase,
                              .request = chat_write,
                              .answer = chat_write,
                              .is_json = true};

const struct scenario call_text = {.name = "call-text",
                                   .measure = measure_messages,
                                   .connect = call_text_connect,
                                   .phase = echo_phase,
                                   .request = call_write,
                                   .answer = result_write,
                                   .is_json = true};

const struct scenario call_json = {.name = "call-json",
                                   .measure = measure_messages,
                                   .connect = call_json_connect,
                                   .phase = echo_phase,
                                   .request = call_write,
                                   .answer = result_write,
                                   .is_json = true};
