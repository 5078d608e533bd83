#include "command_line.h"

#include "serving.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What the library takes at most. */
#define MESSAGE_BYTES_LIMIT (UINT64_C(1) << 30)

enum {
  FLAG_HELP = 1,
  FLAG_HOST,
  FLAG_PORT,
  FLAG_MAX_MESSAGE,
  FLAG_WATCH,
  FLAG_UNIX,
  FLAG_CERT,
  FLAG_KEY,
  FLAG_REUSE_PORT,
  FLAG_PROXY,
  FLAG_LAYER,
  FLAG_DRAIN,
  FLAG_OWN
};

enum { COMMON_FLAGS = FLAG_OWN - 1 };

static void print_usage(FILE *file, const command_line *line,
                        const char *program) {
  fprintf(file,
          "usage: %s [flags]\n"
          "  --host ADDRESS       numeric address to listen on (127.0.0.1)\n"
          "  --port PORT          0 takes any that is free (8000)\n"
          "  --max-message BYTES  largest message that is received\n"
          "  --drain MS           time for clients to go, on SIGTERM (5000)\n"
          "  --watch              answers /health, /ready, /metrics, /report\n"
          "  --unix PATH          a Unix socket to listen on instead\n"
          "  --cert FILE          certificate for TLS, read anew on SIGHUP\n"
          "  --key FILE           its key\n"
          "  --reuse-port         others may listen on the port as well\n"
          "  --proxy NETWORK      believe what proxies there, such as\n"
          "                       127.0.0.1 or unix, say of their clients\n"
          "  --layer URL          share groups with other processes, by\n"
          "                       redis://127.0.0.1:6379, redis+django://...,\n"
          "                       or redis+django-pubsub://...; what is not\n"
          "                       for `ps` to show, by $COVEY_LAYER\n",
          program);
  for (const own_flag *own = line->own; own != NULL && own->name != NULL;
       own++) {
    fputs(own->help, file);
  }
  fprintf(file, "  --help               print this\n");
}

/* Digits only: strtoull alone would take blanks and signs as well. */
static int parse_number(const char *flag, const char *text, uint64_t least,
                        uint64_t most, uint64_t *number_out) {
  int is_number = *text != '\0';
  for (const char *digit = text; *digit != '\0'; digit++) {
    is_number = is_number && isdigit((unsigned char)*digit);
  }
  errno = 0;
  uint64_t number = is_number ? strtoull(text, NULL, 10) : 0;
  if (!is_number || errno != 0 || number < least || number > most) {
    fprintf(stderr, "%s \"%s\": not a number from %" PRIu64 " to %" PRIu64 "\n",
            flag, text, least, most);
    return 0;
  }
  *number_out = number;
  return 1;
}

void command_line_parse(command_line *line, int argc, char **argv) {
  struct option flags[COMMON_FLAGS + 1 + OWN_FLAGS_MAX] = {
      {"help", no_argument, NULL, FLAG_HELP},
      {"host", required_argument, NULL, FLAG_HOST},
      {"port", required_argument, NULL, FLAG_PORT},
      {"max-message", required_argument, NULL, FLAG_MAX_MESSAGE},
      {"drain", required_argument, NULL, FLAG_DRAIN},
      {"watch", no_argument, NULL, FLAG_WATCH},
      {"unix", required_argument, NULL, FLAG_UNIX},
      {"cert", required_argument, NULL, FLAG_CERT},
      {"key", required_argument, NULL, FLAG_KEY},
      {"reuse-port", no_argument, NULL, FLAG_REUSE_PORT},
      {"proxy", required_argument, NULL, FLAG_PROXY},
      {"layer", required_argument, NULL, FLAG_LAYER}};
  for (int own = 0;
       line->own != NULL && line->own[own].name != NULL && own < OWN_FLAGS_MAX;
       own++) {
    flags[COMMON_FLAGS + own] = (struct option){
        line->own[own].name,
        line->own[own].takes_value ? required_argument : no_argument, NULL,
        FLAG_OWN + own};
  }
  line->layer = getenv("COVEY_LAYER");
  if (line->layer != NULL && line->layer[0] == '\0') {
    line->layer = NULL;
  }
  uint64_t port = line->port;
  uint64_t drain_ms = line->drain_ms;
  int is_good = 1;
  int flag = 0;
  while (is_good && (flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
    switch (flag) {
    case FLAG_HELP:
      print_usage(stdout, line, argv[0]);
      exit(EXIT_SUCCESS);
    case FLAG_HOST:
      line->host = optarg;
      break;
    case FLAG_PORT:
      is_good = parse_number("--port", optarg, 0, UINT16_MAX, &port);
      break;
    case FLAG_MAX_MESSAGE:
      is_good = parse_number("--max-message", optarg, 1, MESSAGE_BYTES_LIMIT,
                             &line->message_bytes_max);
      break;
    case FLAG_WATCH:
      line->is_watched = 1;
      break;
    case FLAG_UNIX:
      line->path = optarg;
      break;
    case FLAG_CERT:
      line->certificate = optarg;
      break;
    case FLAG_KEY:
      line->key = optarg;
      break;
    case FLAG_REUSE_PORT:
      line->shares_port = 1;
      break;
    case FLAG_PROXY:
      line->proxy = optarg;
      break;
    case FLAG_LAYER:
      line->layer = optarg;
      break;
    case FLAG_DRAIN:
      is_good = parse_number("--drain", optarg, 0, UINT32_MAX, &drain_ms);
      break;
    case '?': /* getopt_long has said what is wrong */
      is_good = 0;
      break;
    default:
      line->own[flag - FLAG_OWN].value = optarg == NULL ? "" : optarg;
    }
  }
  if (is_good && (line->certificate == NULL) != (line->key == NULL)) {
    fprintf(stderr, "--cert and --key go together\n");
    is_good = 0;
  }
  if (!is_good || optind != argc) {
    print_usage(stderr, line, argv[0]);
    exit(2);
  }
  line->port = (uint16_t)port;
  line->drain_ms = (uint32_t)drain_ms;
  hold_signals();
}
