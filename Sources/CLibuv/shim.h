/* libuv as Swift sees it, and the few macros it cannot import. */
#ifndef COVEY_CLIBUV_SHIM_H
#define COVEY_CLIBUV_SHIM_H

#include <netdb.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <uv.h>

static const int covey__stream_sockets = SOCK_STREAM;

/* The soft limit of open descriptors; 0 when the system does not tell. */
static inline uint64_t covey__descriptor_limit(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_cur : 0;
}

#endif
