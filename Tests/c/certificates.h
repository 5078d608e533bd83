/*
 * certificates.h - certificates for tests, made on the spot in a folder of
 * their own under /tmp.
 */
#ifndef CERTIFICATES_H
#define CERTIFICATES_H

#include <openssl/ssl.h>
#include <stdbool.h>

/** Files of one authority and what it has signed. */
typedef struct certificates {
  char folder[64];
  char authority[96];   /* its certificate */
  char certificate[96]; /* a server's: CN=localhost */
  char key[96];
  X509 *authority_certificate;
  EVP_PKEY *authority_key;
} certificates;

/** Makes an authority, and a certificate for a server. */
bool certificates_make(certificates *self);

/** Makes the server's certificate and key anew, with another serial number,
 * which certificates_serial answers then. */
bool certificates_renew(certificates *self, long serial);

/** Makes a client that has a certificate by this authority; `subject` is a list
 * such as "CN", "ada", "O", "Example", NULL. NULL: a client without one. The
 * context is yours, free with SSL_CTX_free. */
SSL_CTX *certificates_client(certificates *self, const char *const *subject);

/** Removes the files. */
void certificates_remove(certificates *self);

/** Writes a text into a file of the folder, and its path. */
bool certificates_write(const certificates *self, const char *name,
                        const char *text, char path_out[96]);

#endif
