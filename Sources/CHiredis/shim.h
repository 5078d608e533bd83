/* hiredis, the client library of Redis, as Swift sees it. */
#ifndef COVEY_CHIREDIS_SHIM_H
#define COVEY_CHIREDIS_SHIM_H

#include <errno.h>
#include <fcntl.h>
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

/* Programs that this process starts are not to hold its sockets: hiredis does
 * not see to it. */
static inline void covey__close_on_exec(int descriptor) {
  int flags = fcntl(descriptor, F_GETFD);
  if (flags >= 0)
    fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC);
}

/* How hiredis makes replies, save for arrays without end: it takes memory for
 * as many elements as a server promises, and looks at each when it ends. */
struct covey__reply_functions {
  redisReplyObjectFunctions bounded;
  redisReplyObjectFunctions *given;
};

#if HIREDIS_MAJOR >= 1
typedef size_t covey__array_count;
#else
typedef int covey__array_count;
#endif

static inline void *covey__create_array(const redisReadTask *task,
                                        covey__array_count count) {
  struct covey__reply_functions *functions =
      (struct covey__reply_functions *)task->privdata;
  if (count > 1 << 24)
    return NULL;
  return functions->given->createArray(task, count);
}

/* The functions stay the caller's, and must outlive the context. */
static inline void
covey__bound_replies(redisContext *context,
                     struct covey__reply_functions *functions) {
  functions->given = context->reader->fn;
  functions->bounded = *context->reader->fn;
  functions->bounded.createArray = covey__create_array;
  context->reader->fn = &functions->bounded;
  context->reader->privdata = functions;
}

static inline int covey__is_later(ptrdiff_t sent) {
  return sent == -EAGAIN || sent == -EWOULDBLOCK;
}

#endif
