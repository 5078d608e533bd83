/*
 * covey/listen.h - where a server listens: addresses, Unix sockets, descriptors
 * that somebody else opened, TLS, and what proxies in front of it say. Part of
 * covey.h, which includes it.
 */
#ifndef COVEY_H
#include "../covey.h" /* which includes this one in its place */
#endif

#ifndef COVEY_LISTEN_H
#define COVEY_LISTEN_H

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /* Several processes may listen on the port (SO_REUSEPORT): a new one begins
   * before the old one ends. Once it drains, a server lets go of such a port,
   * after taking who has come already. */
  COVEY_LISTEN_REUSE_PORT = 1,
  /* Each connection begins with a header of the PROXY protocol, version 2, of
   * at most 2,048 bytes, by a proxy among trusted_proxies. One without, or from
   * elsewhere, is dropped. LOCAL (a check of the proxy's own) is served as the
   * proxy itself. A client without an address is "unknown" or "unix". */
  COVEY_LISTEN_PROXY_PROTOCOL = 2,
  /* With client_ca_file: who has no certificate is let in as well. */
  COVEY_LISTEN_CERTIFICATE_OPTIONAL = 4,
  /* For operators: health_path, ready_path, metrics_path and report_path are
   * answered here, nothing else is; metrics_path and report_path are answered
   * nowhere else, then. */
  COVEY_LISTEN_OPERATORS = 8
};

/**
 * Where to listen: at an address and port, or at `path`, or on `descriptor`.
 * Zero means the default.
 */
typedef struct covey_listen_options {
  uint32_t struct_size; /* COVEY_LISTEN_OPTIONS_INIT or _init() */
  uint16_t port;        /* 0: the system chooses one */
  uint16_t reserved;    /* 0 */
  const char *address;  /* numeric IPv4 or IPv6; NULL: "127.0.0.1" */

  uint32_t flags;   /* COVEY_LISTEN_..., or-ed */
  uint32_t backlog; /* 4,096; connections that wait, as far as the system
                     * lets; not for a descriptor */

  /* A Unix socket, at most 107 bytes. A socket that nobody answers on any more
   * is replaced; one that is alive, or a file of another kind, is
   * COVEY_E_SYSTEM; of several servers that come at once, one listens: each
   * locks the folder for a moment (flock), and waits for the others a second
   * at most. Removed when the server ends, if it is still its own. */
  const char *path;
  const char *owner; /* as chown(1): "user", "user:group", ":group"; NULL: the
                      * process's */
  uint32_t mode;     /* permissions, such as 0660; 0: 0600 */

  /* A stream socket that listens already, such as systemd hands over; 0: none.
   * It is the server's once COVEY_OK was returned. */
  int32_t descriptor;

  /* TLS 1.2 and newer: PEM files, the certificate with those between it and its
   * root. Both or none. */
  const char *certificate_file;
  const char *key_file;

  /* Clients must have a certificate that one of these has signed, a PEM file.
   * covey_consumer_get_certificate tells whose. */
  const char *client_ca_file;

  /* Whose X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239), and PROXY
   * protocol are believed: networks such as "10.0.0.0/8", "::1", and "unix" for
   * who comes by a Unix socket. Ends with a NULL; of a `path` "unix"
   * must be among them. Forwarded counts where none of the others is there. Of
   * a chain, the last address that is no such proxy is the client. A handshake
   * with words that make no sense is answered 400. Have proxies replace or
   * remove all of these headers, also those they do not use: what a client
   * sends would count. Of several lines, all of X-Forwarded-For are read, and
   * the first of any other. */
  const char *const *trusted_proxies;
} covey_listen_options;

#define COVEY_LISTEN_OPTIONS_INIT                                              \
  {                                                                            \
    (uint32_t)sizeof(covey_listen_options), 0, 0, NULL, 0, 0, NULL, NULL, 0,   \
        0, NULL, NULL, NULL, NULL                                              \
  }

/** Does what COVEY_LISTEN_OPTIONS_INIT does. NULL does nothing.
 * @thread any @since 1.0 */
void covey_listen_options_init(covey_listen_options *options, size_t size);

/**
 * Opens a listening socket. From its return on clients can connect; they are
 * served once the loop is driven. May be called again for more addresses; the
 * first call ends the setup phase.
 *
 * @param options   NULL listens on 127.0.0.1, port chosen by the system.
 * @param port_out  The port that is listened on; 0 for a Unix socket; NULL if
 *                  of no interest.
 * @param error     Optional.
 *
 * @return COVEY_OK          Listening.
 * @return COVEY_E_INVALID   An address or network that is none, options that
 *                           exclude each other, or a path that is too long;
 *                           error names it.
 * @return COVEY_E_BUSY      Inside a handler.
 * @return COVEY_E_STOPPED   The server was stopped.
 * @return COVEY_E_SYSTEM    The system refused: address in use, not allowed, no
 *                           such address, no such user; or a certificate or key
 *                           cannot be read, or they do not belong together;
 *                           error says which.
 *
 * @thread   loop
 * @lifetime options are copied
 * @since    1.0
 */
covey_status covey_server_listen(covey_server *server,
                                 const covey_listen_options *options,
                                 uint16_t *port_out, covey_error *error);

/**
 * Reads the certificate, key and client CA files of all listeners anew, for
 * connections that come from now on; those that are there stay as they are.
 *
 * @param error  Optional.
 *
 * @return COVEY_OK              Done; also when there is no TLS.
 * @return COVEY_E_SYSTEM        A file cannot be read, or certificate and key
 *                               do not belong together; error names it. Nothing
 *                               changed.
 * @return COVEY_E_STOPPED       The server was stopped.
 * @return COVEY_E_WRONG_THREAD  Not the loop's thread.
 *
 * @thread loop
 * @since  1.0
 */
covey_status covey_server_reload_certificates(covey_server *server,
                                              covey_error *error);

#ifdef __cplusplus
}
#endif

#endif /* COVEY_LISTEN_H */
