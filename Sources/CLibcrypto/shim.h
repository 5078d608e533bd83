/* OpenSSL's ciphers and digests as Swift sees them. */
#ifndef COVEY_CLIBCRYPTO_SHIM_H
#define COVEY_CLIBCRYPTO_SHIM_H

/* Of the digests, the functions that cannot fail are deprecated ones. */
#ifndef OPENSSL_SUPPRESS_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED
#endif

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#endif
