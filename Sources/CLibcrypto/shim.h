/* OpenSSL's ciphers and digests as Swift sees them. */
#ifndef COVEY_CLIBCRYPTO_SHIM_H
#define COVEY_CLIBCRYPTO_SHIM_H

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#endif
