/* hiredis, the client library of Redis, as Swift sees it. */
#ifndef COVEY_CHIREDIS_SHIM_H
#define COVEY_CHIREDIS_SHIM_H

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Sends what goes at once: the bytes that went, or an error's number below 0.
 * hiredis itself writes in a way that ends the process with SIGPIPE. */
static inline ptrdiff_t covey__send(int descriptor, const void *bytes,
                                    size_t size) {
  ssize_t sent;
  do {
    sent = send(descriptor, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0 ? sent : -errno;
}

static inline int covey__is_later(ptrdiff_t sent) {
  return sent == -EAGAIN || sent == -EWOULDBLOCK;
}

#endif
