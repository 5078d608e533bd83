/*
 * workshop.h - a host program for tests of what is generated: a server that
 * offers what a test declares, a folder of its own, and what was handed to
 * on_output.
 */
#ifndef WORKSHOP_H
#define WORKSHOP_H

#include "boards.h"

enum { WORKSHOP_TEXT = 32 * 1024 };

typedef struct workshop workshop;
struct workshop {
  covey_server *server;
  char root[64];    /* a folder that is there, and removed at the end */
  char folder[128]; /* where the files go: at first "made/clients" below it,
                     * which is missing */
  char said[WORKSHOP_TEXT]; /* by the last generation */
  size_t said_size;
};

/** With a server that offers nothing. */
void workshop_open(workshop *self);

/** Frees the server, and removes the folder. */
void workshop_close(workshop *self);

/** Declares a model. */
covey_model_id workshop_declare(workshop *self, const char *name,
                                uint32_t writable, const covey_field *fields,
                                size_t field_count);

/** Registers a channel that shows a list; its name may be NULL. */
covey_channel_id workshop_show(workshop *self, const char *pattern,
                               covey_model_id model, const char *name);

/** Registers an action. */
void workshop_act(workshop *self, covey_channel_id channel, const char *name,
                  const covey_field *parameters, size_t parameter_count);

/** Options to generate RxDjango's clients here. Forgets what was said. */
covey_typescript_options workshop_options(workshop *self, uint32_t flags);

/** Generates; answers how many files changed. */
size_t workshop_generate(workshop *self, uint32_t flags);

/** A generation that fails, with words in its error. */
void workshop_fails(workshop *self, uint32_t flags, covey_status status,
                    const char *word, const char *other_word);

/** The path of a file; until the next call. */
const char *workshop_path(const workshop *self, const char *name);

/** What a file holds, until the next call but one; NULL: there is none. */
const char *workshop_text(const workshop *self, const char *name);

/** Puts text into a file, as fopen's mode says. */
void workshop_write(const workshop *self, const char *name, const char *mode,
                    const char *text);

/** How many files there are. */
int workshop_count(const workshop *self);

#endif
