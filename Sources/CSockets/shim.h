/* What Swift does not see of the calls about sockets. */
#ifndef COVEY_CSOCKETS_SHIM_H
#define COVEY_CSOCKETS_SHIM_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Hidden without _GNU_SOURCE, with which modules are not built. */
extern int accept4(int listening, struct sockaddr *address, socklen_t *size,
                   int flags);

/* A lock of an open file, if nobody has it. */
static inline int covey__lock(int file) {
  return flock(file, LOCK_EX | LOCK_NB);
}
static inline void covey__unlock(int file) { flock(file, LOCK_UN); }

/* A file as such, whatever becomes of its path: for the two below. */
static inline int covey__open_path(const char *path) {
  return open(path, __O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* Such a descriptor is good for nothing else, so that its mode is set by way of
 * /proc. */
static inline int covey__change_mode(int file, mode_t mode) {
  char link[32];
  (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  return chmod(link, mode);
}

static inline int covey__change_owner(int file, uid_t user, gid_t group) {
  return fchownat(file, "", user, group, 0x1000 /* AT_EMPTY_PATH */);
}

#endif
