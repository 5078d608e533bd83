#include "certificates.h"

#include "check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[] = {"authority.pem", "certificate.pem",
                                    "key.pem", "other.pem"};

static void path_of(const certificates *self, const char *name, char out[96]) {
  CHECK(snprintf(out, 96, "%s/%s", self->folder, name) < 96);
}

/* Signs a certificate for a key. An authority signs for itself. */
static X509 *sign(const certificates *self, EVP_PKEY *key,
                  const char *const *subject, long serial) {
  X509 *made = X509_new();
  bool is_authority = self->authority_certificate == NULL;
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -60);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_set_pubkey(made, key);
  X509_NAME *name = X509_get_subject_name(made);
  for (; subject[0] != NULL; subject += 2)
    CHECK(X509_NAME_add_entry_by_txt(name, subject[0], MBSTRING_UTF8,
                                     (const unsigned char *)subject[1], -1, -1,
                                     0) == 1);
  X509_set_issuer_name(
      made,
      is_authority ? name : X509_get_subject_name(self->authority_certificate));
  if (is_authority) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(
        NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(made, extension, -1);
    X509_EXTENSION_free(extension);
  }
  CHECK(X509_sign(made, is_authority ? key : self->authority_key,
                  EVP_sha256()) > 0);
  return made;
}

static bool write_pem(const char *path, X509 *certificate, EVP_PKEY *key) {
  FILE *file = fopen(path, "w");
  if (!CHECK(file != NULL))
    return false;
  bool is_written =
      certificate != NULL
          ? PEM_write_X509(file, certificate) == 1
          : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
  return CHECK(fclose(file) == 0 && is_written);
}

bool certificates_make(certificates *self) {
  static const char *const subject[] = {"CN", "The authority", NULL};
  memset(self, 0, sizeof *self);
  strcpy(self->folder, "/tmp/covey-test-XXXXXX");
  if (!CHECK(mkdtemp(self->folder) != NULL))
    return false;
  path_of(self, names[0], self->authority);
  path_of(self, names[1], self->certificate);
  path_of(self, names[2], self->key);
  self->authority_key = EVP_EC_gen("P-256");
  self->authority_certificate = sign(self, self->authority_key, subject, 1);
  return write_pem(self->authority, self->authority_certificate, NULL) &&
         certificates_renew(self, 2);
}

bool certificates_renew(certificates *self, long serial) {
  static const char *const subject[] = {"CN", "localhost", NULL};
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = sign(self, key, subject, serial);
  bool is_written = write_pem(self->certificate, certificate, NULL) &&
                    write_pem(self->key, NULL, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return is_written;
}

SSL_CTX *certificates_client(certificates *self, const char *const *subject) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (subject == NULL)
    return context;
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = sign(self, key, subject, 3);
  CHECK(SSL_CTX_use_certificate(context, certificate) == 1);
  CHECK(SSL_CTX_use_PrivateKey(context, key) == 1);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

void certificates_remove(certificates *self) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[96];
    path_of(self, names[i], path);
    (void)unlink(path);
  }
  (void)rmdir(self->folder);
  X509_free(self->authority_certificate);
  EVP_PKEY_free(self->authority_key);
}

bool certificates_write(const certificates *self, const char *name,
                        const char *text, char path_out[96]) {
  path_of(self, name, path_out);
  FILE *file = fopen(path_out, "w");
  if (!CHECK(file != NULL))
    return false;
  bool is_written = fputs(text, file) >= 0;
  return CHECK(fclose(file) == 0 && is_written);
}
