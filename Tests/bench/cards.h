/* What the stores of the benchmark hold: cards of 200 bytes of JSON, by
 * themselves or in the lists of a board. */
#ifndef CARDS_H
#define CARDS_H

#include <covey.h>

enum {
  CARD_BYTES = 200,
  CARDS_PER_LIST = 100,
  LISTS_PER_SECTION = 100,
  PUTS_PER_TRANSACTION = 1000,
  BOARD_ID = 1,
  CARD_FIRST = 1000000, /* ids have seven digits, so that sizes are equal */
  LIST_FIRST = 5000000,
  SECTION_FIRST = 8000000,
};

struct models {
  covey_model_id board, section, list, card;
};

/* Ends the program unless the call it is given was fine. */
void check(covey_status status, const char *what, const covey_error *error);

/* Declares cards alone; or boards of sections of lists of cards. */
void cards_declare(covey_server *server, struct models *models);
void boards_declare(covey_server *server, struct models *models);

/* Writes a card, CARD_BYTES long and a NUL. `changes` has nine digits. */
void card_write(char text[CARD_BYTES + 1], unsigned id, unsigned list,
                unsigned changes);

/* Puts one board with so many cards. */
void board_put(covey_server *server, const struct models *models,
               unsigned cards);

#endif
