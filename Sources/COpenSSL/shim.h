// OpenSSL: SHA-256, HMAC, random numbers, comparison in constant time, and TLS with a pre-shared key. The inlines
// stand for macros, which Swift cannot import.
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

// Only TLS 1.3.
static inline int tessera_tls_only_13(SSL_CTX *context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
}
// A write may send a part, and may be tried again from another address.
static inline void tessera_tls_partial_writes(SSL_CTX *context) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
// No session is kept or handed out: every connection proves the key anew.
static inline void tessera_tls_no_sessions(SSL_CTX *context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
}

// OpenSSL's socket, with another way to write.
static inline BIO_METHOD *tessera_tls_socket(int (*write)(BIO *, const char *, int)) {
  const BIO_METHOD *base = BIO_s_socket();
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOCKET, "socket");
  if (!method) return 0;
  BIO_meth_set_write(method, write);
  BIO_meth_set_read(method, BIO_meth_get_read(base));
  BIO_meth_set_ctrl(method, BIO_meth_get_ctrl(base));
  BIO_meth_set_create(method, BIO_meth_get_create(base));
  BIO_meth_set_destroy(method, BIO_meth_get_destroy(base));
  return method;
}
static inline int tessera_tls_descriptor(BIO *socket) { return (int)BIO_get_fd(socket, 0); }
// Whether the last write is to be tried again.
static inline void tessera_tls_again(BIO *socket, int again) {
  BIO_clear_retry_flags(socket);
  if (again) BIO_set_retry_write(socket);
}
// The connection owns the BIO and leaves the descriptor open when it is freed.
static inline void tessera_tls_attach(SSL *connection, BIO *socket, int descriptor) {
  BIO_set_fd(socket, descriptor, BIO_NOCLOSE);
  SSL_set_bio(connection, socket, socket);
}
