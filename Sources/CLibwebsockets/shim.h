/* libwebsockets as Swift sees it, and what Swift cannot import of it. */
#ifndef COVEY_CLIBWEBSOCKETS_SHIM_H
#define COVEY_CLIBWEBSOCKETS_SHIM_H

#include <libwebsockets.h>
#include <sys/socket.h>

/* Combined options are 64-bit macros with shifts, which are not imported. */
static const uint64_t covey__context_options =
    LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
static const uint64_t covey__listen_options =
    LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
    LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY;
static const uint64_t covey__ipv4_only = LWS_SERVER_OPTION_DISABLE_IPV6;

/* Ends both directions: libwebsockets then sees the end by itself, outside of
 * any call of ours, also when its own output is stuck. */
static inline void covey__shutdown(struct lws *wsi) {
  shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
}

#endif
