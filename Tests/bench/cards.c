#include "cards.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(covey_status status, const char *what, const covey_error *error) {
  if (status == COVEY_OK)
    return;
  fprintf(stderr, "%s: %s\n", what,
          error && *error->message ? error->message
                                   : covey_status_text(status));
  exit(1);
}

/* -------------------------------------------------------------- models -- */

static const char *const states[] = {"\"open\"", "\"done\"", "\"dropped\"",
                                     NULL};

static const covey_field card_fields[] = {
    {.name = "list", .type = COVEY_FIELD_INTEGER},
    {.name = "changes", .type = COVEY_FIELD_INTEGER},
    {.name = "title", .type = COVEY_FIELD_STRING},
    {.name = "state", .type = COVEY_FIELD_CHOICE, .choices = states},
    {.name = "urgent", .type = COVEY_FIELD_BOOLEAN},
    {.name = "hours", .type = COVEY_FIELD_NUMBER},
    {.name = "price", .type = COVEY_FIELD_DECIMAL},
    {.name = "due", .type = COVEY_FIELD_DATE, .flags = COVEY_FIELD_NULLABLE},
    {.name = "made", .type = COVEY_FIELD_DATETIME},
    {.name = "tags", .type = COVEY_FIELD_JSON}};

static const covey_field list_fields[] = {
    {.name = "section", .type = COVEY_FIELD_INTEGER},
    {.name = "cards",
     .type = COVEY_FIELD_MANY,
     .model = "bench.Card",
     .inverse_field = "list"}};

static const covey_field section_fields[] = {
    {.name = "board", .type = COVEY_FIELD_INTEGER},
    {.name = "lists",
     .type = COVEY_FIELD_MANY,
     .model = "bench.List",
     .inverse_field = "section"}};

static const covey_field board_fields[] = {{.name = "sections",
                                            .type = COVEY_FIELD_MANY,
                                            .model = "bench.Section",
                                            .inverse_field = "board"}};

static covey_model_id declare(covey_server *server, const char *name,
                              const covey_field *fields, size_t count) {
  covey_model model = COVEY_MODEL_INIT;
  covey_error error = COVEY_ERROR_INIT;
  covey_model_id id = 0;
  model.name = name;
  model.fields = fields;
  model.field_count = count;
  check(covey_model_register(server, &model, &id, &error), name, &error);
  return id;
}

#define FIELDS(list) list, sizeof list / sizeof *list

void cards_declare(covey_server *server, struct models *models) {
  models->card = declare(server, "bench.Card", FIELDS(card_fields));
}

void boards_declare(covey_server *server, struct models *models) {
  cards_declare(server, models);
  models->list = declare(server, "bench.List", FIELDS(list_fields));
  models->section = declare(server, "bench.Section", FIELDS(section_fields));
  models->board = declare(server, "bench.Board", FIELDS(board_fields));
}

/* ---------------------------------------------------------------- rows -- */

void card_write(char text[CARD_BYTES + 1], unsigned id, unsigned list,
                unsigned changes) {
  char room[CARD_BYTES + 16];
  int size =
      snprintf(room, sizeof room,
               "{\"id\":%07u,\"list\":%07u,\"changes\":%09u,"
               "\"title\":\"Water all roof plants\","
               "\"state\":\"open\",\"urgent\":false,\"hours\":1.75,"
               "\"price\":\"12.50\",\"due\":null,"
               "\"made\":\"2026-11-21T09:30:00Z\",\"tags\":[\"roof\",17]}",
               id, list, changes);
  if (size != CARD_BYTES) {
    fprintf(stderr, "a card has %d bytes, not %d\n", size, CARD_BYTES);
    exit(1);
  }
  memcpy(text, room, CARD_BYTES + 1);
}

/* Adds a row to a transaction that begins and ends as need be. */
struct filling {
  covey_server *server;
  covey_transaction *transaction;
  unsigned count;
};

static void fill_commit(struct filling *filling) {
  covey_error error = COVEY_ERROR_INIT;
  if (filling->transaction)
    check(covey_transaction_commit(filling->transaction, &error), "commit",
          &error);
  filling->transaction = NULL;
}

static void fill(struct filling *filling, covey_model_id model,
                 const char *format, ...) {
  char text[CARD_BYTES + 1];
  covey_error error = COVEY_ERROR_INIT;
  va_list values;
  va_start(values, format);
  int size = vsnprintf(text, sizeof text, format, values);
  va_end(values);
  if (!filling->transaction)
    check(covey_transaction_begin(filling->server, &filling->transaction),
          "begin", NULL);
  check(covey_transaction_put(filling->transaction, model, text, (size_t)size,
                              0, &error),
        "put", &error);
  if (++filling->count % PUTS_PER_TRANSACTION == 0)
    fill_commit(filling);
}

void board_put(covey_server *server, const struct models *models,
               unsigned cards) {
  struct filling filling = {.server = server};
  unsigned lists = (cards + CARDS_PER_LIST - 1) / CARDS_PER_LIST;
  unsigned sections = (lists + LISTS_PER_SECTION - 1) / LISTS_PER_SECTION;
  char card[CARD_BYTES + 1];
  fill(&filling, models->board, "{\"id\":%d,\"sections\":[]}", BOARD_ID);
  for (unsigned i = 0; i < sections; i++)
    fill(&filling, models->section, "{\"id\":%u,\"board\":%d,\"lists\":[]}",
         SECTION_FIRST + i, BOARD_ID);
  for (unsigned i = 0; i < lists; i++)
    fill(&filling, models->list, "{\"id\":%u,\"section\":%u,\"cards\":[]}",
         LIST_FIRST + i, SECTION_FIRST + i / LISTS_PER_SECTION);
  for (unsigned i = 0; i < cards; i++) {
    card_write(card, CARD_FIRST + i, LIST_FIRST + i / CARDS_PER_LIST,
               100000000);
    fill(&filling, models->card, "%s", card);
  }
  fill_commit(&filling);
}
