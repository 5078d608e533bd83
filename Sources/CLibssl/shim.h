/* OpenSSL as Swift sees it, and the macros it cannot import. */
#ifndef COVEY_CLIBSSL_SHIM_H
#define COVEY_CLIBSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

static const uint64_t covey__tls_options =
    SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
    SSL_OP_CIPHER_SERVER_PREFERENCE;
static const unsigned long covey__rfc2253 = XN_FLAG_RFC2253;

/* TLS 1.2 and newer; nothing is kept of a session but what its client keeps. */
static inline int covey__tls_harden(SSL_CTX *context) {
  SSL_CTX_set_options(context, covey__tls_options);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline void covey__tls_ignore_server_names(SSL_CTX *context) {
  SSL_CTX_set_tlsext_servername_callback(context, NULL);
}

/* Such a connection cannot be resumed: whoever comes shows a certificate. */
static inline void covey__tls_forbid_resuming(SSL *tls) {
  SSL_set_options(tls, SSL_OP_NO_TICKET);
  SSL_set_num_tickets(tls, 0);
}

/* What an error is about, in words. */
static inline void covey__tls_words(unsigned long error, char *text,
                                    size_t room) {
  const char *reason = ERR_SYSTEM_ERROR(error)
                           ? strerror(ERR_GET_REASON(error))
                           : ERR_reason_error_string(error);
  strncpy(text, reason == NULL ? "unknown error" : reason, room - 1);
  text[room - 1] = '\0';
}

/* The reason of the first error that is queued, and no error any more. */
static inline void covey__tls_reason(char *text, size_t room, int *mismatch) {
  unsigned long error = ERR_get_error();
  *mismatch = ERR_GET_LIB(error) == ERR_LIB_X509 &&
              (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
               ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
  covey__tls_words(error, text, room);
  ERR_clear_error();
}

#endif
