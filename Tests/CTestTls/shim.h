/* OpenSSL as the tests see it, and a certificate for their servers. */
#ifndef COVEY_CTESTTLS_SHIM_H
#define COVEY_CTESTTLS_SHIM_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>

/* Writes what a server needs: a certificate by itself, good for an hour, and
 * its key. 1: done. */
static inline int test__write_certificate(const char *certificate_path,
                                          const char *key_path) {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
  X509 *made = X509_new();
  FILE *certificate_file = fopen(certificate_path, "w");
  FILE *key_file = fopen(key_path, "w");
  int is_done = key != NULL && made != NULL && certificate_file != NULL &&
                key_file != NULL;
  if (is_done) {
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    is_done = X509_sign(made, key, EVP_sha256()) > 0 &&
              PEM_write_X509(certificate_file, made) == 1 &&
              PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL);
  }
  if (certificate_file != NULL && fclose(certificate_file) != 0)
    is_done = 0;
  if (key_file != NULL && fclose(key_file) != 0)
    is_done = 0;
  X509_free(made);
  EVP_PKEY_free(key);
  return is_done;
}

#endif
