// SPDX-License-Identifier: MIT
#include "tests/e2e/support/certificates.hpp"

#include "tests/e2e/support/child_process.hpp"

#include <fstream>

namespace dockhost::e2e {
namespace {

void sign(const std::filesystem::path& folder, const std::string& name, const std::string& subject,
          const std::string& extensions) {
  const auto path = [&](const char* ending) { return (folder / (name + ending)).string(); };
  std::ofstream(path(".ext")) << extensions;
  run_ok({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
          "-subj", subject, "-keyout", path(".key"), "-out", path(".csr")});
  run_ok({"openssl", "x509", "-req", "-in", path(".csr"), "-CA", (folder / "ca.pem").string(),
          "-CAkey", (folder / "ca.key").string(), "-CAcreateserial", "-days", "2", "-extfile",
          path(".ext"), "-out", path(".pem")});
}

} // namespace

certificates make_certificates(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  run_ok({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
          "-nodes", "-days", "2", "-subj", "/CN=dockhost test CA", "-keyout",
          (folder / "ca.key").string(), "-out", (folder / "ca.pem").string()});
  sign(folder, "server", "/CN=main-server",
       "subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n");
  sign(folder, "client", "/CN=dockhost-client", "extendedKeyUsage=clientAuth\n");
  return {.ca = folder / "ca.pem",
          .server_cert = folder / "server.pem",
          .server_key = folder / "server.key",
          .client_cert = folder / "client.pem",
          .client_key = folder / "client.key"};
}

} // namespace dockhost::e2e
