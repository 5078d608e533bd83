/*
 * covey/describe.h - what a server offers, told to programs: as JSON, and as
 * TypeScript clients of its context channels. Part of covey.h, which includes
 * it.
 *
 *   describe  covey_server_describe
 *   generate  covey_server_generate_typescript
 *
 * SHAPES say what is inside of JSON that a field, a parameter, a variable or
 * the result of an action holds, and are JSON themselves:
 *
 *   "boolean" "integer" "number" "string" "datetime" "date" "decimal" "null"
 *   "json"                      anything
 *   ["string"]                  a list of these
 *   {"*": "number"}             a dictionary; its keys are any strings
 *   {"x": "number", "y?": ...}  an object with these members; y may be missing
 *   {"|": ["string", "null"]}   one of these
 *   {"=": ["open", 3]}          one of these literals
 */
#ifndef COVEY_H
#include "../covey.h" /* which includes this one in its place */
#endif

#ifndef COVEY_DESCRIBE_H
#define COVEY_DESCRIBE_H

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Describes what is registered: models with their fields, relations and
 * writable operations, channels with their URL parameters, actions, runtime
 * variables and types of events. The same registrations in the same order give
 * the same text.
 *
 *   {"version": 1,
 *    "models": [{"name", "id", "writable", "owner", "fields"}],
 *    "channels": [{"pattern", "parameters", "events", "context"}]}
 *
 * Members that say nothing (false, none) are left out. More may come.
 *
 * @param json_out  NUL-terminated. Must not be NULL.
 * @param size_out  Its bytes without the NUL; NULL if of no interest.
 * @param error     Optional.
 *
 * @return COVEY_OK, COVEY_E_WRONG_THREAD; COVEY_E_INVALID also when models
 *         refer to one that is not declared, which error names.
 *
 * @thread   loop
 * @lifetime borrowed until the handler returns (outside handlers: until the
 *           loop is driven again)
 * @since    1.0
 */
covey_status covey_server_describe(covey_server *server, const char **json_out,
                                   size_t *size_out, covey_error *error);

/**
 * Is handed text, in pieces.
 *
 * @param text  UTF-8, not NUL-terminated; borrowed until the handler returns.
 */
typedef void (*covey_on_output_fn)(const char *text, size_t size, void *user);

enum {
  /* Nothing is written; on_output is handed a unified diff of what would be. */
  COVEY_TYPESCRIPT_CHECK = 1,
  /* In the shape of RxDjango's makefrontend, for its client. */
  COVEY_TYPESCRIPT_RXDJANGO = 2
};

/** What is generated, and where. Zero means the default. */
typedef struct covey_typescript_options {
  uint32_t struct_size; /* COVEY_TYPESCRIPT_OPTIONS_INIT or _init() */
  uint32_t flags;       /* COVEY_TYPESCRIPT_..., or-ed */
  const char *folder;   /* where the files are; made when it is missing */
  const char *module;   /* the client is imported from it; NULL: "covey", for
                         * RxDjango "@rxdjango/react" */
  const char *url;      /* of the server, "ws://localhost:8000/"; RxDjango's
                         * clients need one. NULL: that, or none */
  covey_on_output_fn on_output; /* NULL: nobody is told */
  void *user;
} covey_typescript_options;

#define COVEY_TYPESCRIPT_OPTIONS_INIT                                          \
  {                                                                            \
    (uint32_t)sizeof(covey_typescript_options), 0, NULL, NULL, NULL, NULL,     \
        NULL                                                                   \
  }

/** Does what COVEY_TYPESCRIPT_OPTIONS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_typescript_options_init(covey_typescript_options *options,
                                   size_t size);

/**
 * Writes a typed client for every context channel. A file that is as it should
 * be is not touched; each other is written beside its place and then put there,
 * and on_output is handed its path and a line end. No file is removed.
 *
 * @param options      Must not be NULL, nor its folder.
 * @param changed_out  How many files were written or, when checking, would be.
 * @param error        Optional; names what went wrong.
 *
 * @return COVEY_OK            Done.
 * @return COVEY_E_INVALID     A NULL, an unknown flag; or models, channels,
 *                             actions or variables whose names clash in
 *                             TypeScript, which error names.
 * @return COVEY_E_SYSTEM      A file or folder could not be read or written;
 *                             those before it were.
 * @return COVEY_E_WRONG_THREAD  Not the loop's thread.
 *
 * @thread loop
 * @since  1.0
 */
covey_status
covey_server_generate_typescript(covey_server *server,
                                 const covey_typescript_options *options,
                                 size_t *changed_out, covey_error *error);

#ifdef __cplusplus
}
#endif

#endif /* COVEY_DESCRIBE_H */
