/* What a bare publish and receive by Redis takes, without Covey: one connection
 * publishes, the other one has subscribed, both in this process.
 *
 *   bus --port N [--seconds 0.4]
 *
 * From the call that writes the command until the message is read; the answer
 * to the command is read after that. Prints one line of JSON. */
#include <getopt.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  TIMES_MAX = 100000,
  TIMES_WARM_UP = 200,
  MESSAGE_BYTES = 64,
};

static double times[TIMES_MAX];

static double microseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static redisContext *connected(int port) {
  redisContext *context = redisConnect("127.0.0.1", port);
  if (!context || context->err) {
    fprintf(stderr, "bus: %s\n", context ? context->errstr : "no memory");
    exit(1);
  }
  return context;
}

static redisReply *reply(redisContext *context) {
  void *found = NULL;
  if (redisGetReply(context, &found) != REDIS_OK) {
    fprintf(stderr, "bus: %s\n", context->errstr);
    exit(1);
  }
  return found;
}

static double measure_one(redisContext *publishing, redisContext *listening,
                          const char *message) {
  int is_written = 0;
  double began = microseconds();
  redisAppendCommand(publishing, "PUBLISH bench %b", message,
                     (size_t)MESSAGE_BYTES);
  while (!is_written)
    if (redisBufferWrite(publishing, &is_written) != REDIS_OK) {
      fprintf(stderr, "bus: %s\n", publishing->errstr);
      exit(1);
    }
  redisReply *heard = reply(listening);
  double took = microseconds() - began;
  if (heard->type != REDIS_REPLY_ARRAY || heard->elements != 3 ||
      heard->element[2]->len != MESSAGE_BYTES ||
      memcmp(heard->element[2]->str, message, MESSAGE_BYTES) != 0) {
    fprintf(stderr, "bus: another message\n");
    exit(1);
  }
  freeReplyObject(heard);
  freeReplyObject(reply(publishing));
  return took;
}

static int compare_times(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"port", required_argument, NULL, 'p'},
      {"seconds", required_argument, NULL, 's'},
      {0}};
  int option, port = 0, count = 0;
  double seconds = 0.4;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'p')
      port = atoi(optarg);
    else if (option == 's')
      seconds = atof(optarg);
    else
      return 2;
  }
  char message[MESSAGE_BYTES];
  memset(message, 'm', sizeof message);
  redisContext *publishing = connected(port), *listening = connected(port);
  redisAppendCommand(listening, "SUBSCRIBE bench");
  freeReplyObject(reply(listening));
  for (int i = 0; i < TIMES_WARM_UP; i++)
    measure_one(publishing, listening, message);
  double until = microseconds() + seconds * 1e6;
  while (count < TIMES_MAX && (!count || microseconds() < until))
    times[count++] = measure_one(publishing, listening, message);
  qsort(times, (size_t)count, sizeof *times, compare_times);
  printf("{\"count\":%d,\"median_us\":%.3f,\"p99_us\":%.3f}\n", count,
         times[count / 2], times[count / 100 * 99]);
  redisFree(publishing);
  redisFree(listening);
  return 0;
}
