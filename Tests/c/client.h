/*
 * client.h - a raw WebSocket client for loopback servers, by hand.
 *
 * It checks nothing it is not told to and sends whatever it is told to. Every
 * wait ends after CLIENT_PATIENCE_MS. While it waits it takes turns with the
 * server when `turn` is set, so that a test can be client and server on one
 * thread; otherwise somebody else has to drive the server.
 *
 * With COVEY_TEST_TLS=1 in the environment every client speaks TLS.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_PATIENCE_MS 10000

enum {
  FRAME_CONTINUATION = 0,
  FRAME_TEXT = 1,
  FRAME_BINARY = 2,
  FRAME_CLOSE = 8,
  FRAME_PING = 9,
  FRAME_PONG = 10
};

typedef struct client {
  int fd;                /* -1: not connected */
  void (*turn)(void *);  /* optional: lets the server do something */
  void *context;         /* for turn */
  char head[4096];       /* the answer to the last request, NUL-terminated */
  unsigned char *buffer; /* what was received and not yet read */
  size_t have;           /* bytes in it */
  size_t taken;          /* of these, the last frame's */
  size_t room;
  bool at_end;          /* the server closed, or the connection broke */
  SSL_CTX *identity;    /* borrowed; what it connects with; NULL: without TLS */
  SSL_SESSION *session; /* borrowed; to be resumed; or NULL */
  const char *server_name; /* to be asked for by TLS; or NULL */
  SSL *tls;
} client;

typedef struct frame {
  int opcode;
  bool is_final;
  const unsigned char *data; /* borrowed until the next call */
  size_t size;
} frame;

/** Whether the tests run over TLS. */
bool client_is_secure(void);

/** A client that is not connected. */
client client_make(void (*turn)(void *), void *context);

/** Connects to 127.0.0.1. `receive_buffer` sets SO_RCVBUF; 0 leaves it. */
bool client_connect(client *self, uint16_t port, int receive_buffer);

/** Connects to any address of any family; no TLS yet. */
bool client_reach(client *self, const void *address, size_t size,
                  int receive_buffer);

/** Connects to a Unix socket. */
bool client_connect_path(client *self, const char *path);

/** Shakes hands, if it has an identity. */
bool client_secure(client *self);

/** Asks for an upgrade. `headers` are more lines, each ending in CRLF, or NULL.
 * Answers the HTTP status; 0 when none came. */
int client_upgrade(client *self, const char *target, const char *headers);

/** Asks for a page, and answers as client_upgrade. */
int client_get(client *self, const char *target);

/** Reads the head of an answer, and answers as client_upgrade. */
int client_reads_answer(client *self);

/** The same with another method. */
int client_ask(client *self, const char *method, const char *target);

/** Reads the body that the answer announced; NULL when it does not come. Ends
 * with a NUL; borrowed until the next call. */
const char *client_body(client *self);

/** Copies one header of the answer; false when it is not there. */
bool client_answer(const client *self, const char *name, char *value_out,
                   size_t room);

/** Sends bytes as they are. */
bool client_send_bytes(client *self, const void *data, size_t size);

/** Sends one masked frame. */
bool client_send(client *self, int opcode, bool is_final, const void *data,
                 size_t size);
bool client_send_text(client *self, const char *text);
bool client_send_close(client *self, uint16_t code, const char *reason);

/** Reads the next frame; false at the end, or when the time is over. */
bool client_receive(client *self, frame *frame_out);

/** Whether the next frame is exactly this text. Shows what it is instead. */
bool client_receives_text(client *self, const char *text);

/** Reads up to the close frame. Answers its code; 1005 when it has none; 1006
 * when the connection ended without one, -1 when neither came. */
int client_receives_close(client *self);

/** Reads so many bytes as they are; false at the end before that. */
bool client_reads(client *self, void *bytes_out, size_t size);

/** Reads whatever comes, up to the end of the connection. */
bool client_receives_end(client *self);

/** Answers a close of the server's: reads it, echoes it, reads to the end.
 * Answers as client_receives_close. */
int client_is_closed(client *self);

/** Ends the connection without ceremony; with a reset when `is_reset`. */
void client_drop(client *self, bool is_reset);

#endif
