/* libwebsockets as Swift sees it, and what Swift cannot import of it. */
#ifndef COVEY_CLIBWEBSOCKETS_SHIM_H
#define COVEY_CLIBWEBSOCKETS_SHIM_H

#include <libwebsockets.h>
#include <sys/socket.h>

/* Combined options are 64-bit macros with shifts, which are not imported. */
static const uint64_t covey__context_options =
    LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
static const uint64_t covey__plain_options = LWS_SERVER_OPTION_LIBUV;
static const uint64_t covey__secure_options =
    LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
    LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;

/* Ports that are none; with the first one there is never TLS. */
static const int covey__plain_port = CONTEXT_PORT_NO_LISTEN;
static const int covey__secure_port = CONTEXT_PORT_NO_LISTEN_SERVER;

static const lws_adoption_type covey__adoption =
    LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP | LWS_ADOPT_ALLOW_SSL;

/* Ends both directions: libwebsockets then sees the end by itself, outside of
 * any call of ours, also when its own output is stuck. */
static inline void covey__shutdown(struct lws *wsi) {
  shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
}

#endif
