// SPDX-License-Identifier: MIT
#include "tests/net/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace dockhost::net::test {

namespace {

void check(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL");
}

void extend(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value), X509_EXTENSION_free);
  check(extension && X509_add_ext(cert, extension.get(), -1) == 1);
}

identity make(const identity* ca, const std::string& common_name, const std::string& names,
              bool is_ca, long from, long to) {
  identity id;
  id.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  id.cert.reset(X509_new(), X509_free);
  X509* const cert = id.cert.get();
  check(id.key && cert && X509_set_version(cert, 2) == 1);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert), from);
  X509_gmtime_adj(X509_getm_notAfter(cert), to);
  X509_set_pubkey(cert, id.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509* const issuer = ca ? ca->cert.get() : cert;
  X509_set_issuer_name(cert, X509_get_subject_name(issuer));
  extend(cert, issuer, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!names.empty()) extend(cert, issuer, NID_subject_alt_name, names.c_str());
  check(X509_sign(cert, (ca ? ca->key : id.key).get(), EVP_sha256()) > 0);
  return id;
}

std::unique_ptr<std::FILE, int (*)(std::FILE*)> open_file(const std::string& name) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(name.c_str(), "w"), std::fclose);
  check(file != nullptr);
  return file;
}

} // namespace

identity make_ca(const std::string& name) {
  return make(nullptr, name, "", true, -7200, 7200);
}

identity make_cert(const identity& ca, const std::string& names, long from, long to) {
  return make(&ca, "leaf", names, false, from, to);
}

identity make_self_signed(const std::string& names) {
  return make(nullptr, "self", names, false, -3600, 3600);
}

void write_cert(const identity& id, const std::string& file) {
  check(PEM_write_X509(open_file(file).get(), id.cert.get()) == 1);
}

void write_key(const identity& id, const std::string& file, const char* passphrase) {
  check(PEM_write_PKCS8PrivateKey(open_file(file).get(), id.key.get(),
                                  passphrase ? EVP_aes_128_cbc() : nullptr, nullptr, 0, nullptr,
                                  const_cast<char*>(passphrase)) == 1);
}

context_ptr server_context(const identity& id, const identity* client_ca, int max_version) {
  context_ptr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  check(SSL_CTX_use_certificate(context.get(), id.cert.get()) == 1);
  check(SSL_CTX_use_PrivateKey(context.get(), id.key.get()) == 1);
  if (client_ca) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), client_ca->cert.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (max_version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), max_version);
    SSL_CTX_set_security_level(context.get(), 0);
  }
  return context;
}

} // namespace dockhost::net::test
