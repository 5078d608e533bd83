/* What Swift does not see of the calls about sockets. */
#ifndef COVEY_CSOCKETS_SHIM_H
#define COVEY_CSOCKETS_SHIM_H

#include <sys/socket.h>

/* Hidden without _GNU_SOURCE, with which modules are not built. */
extern int accept4(int listening, struct sockaddr *address, socklen_t *size,
                   int flags);

#endif
