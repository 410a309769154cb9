"""Certificates for the test's own servers, by openssl."""

import ssl
import subprocess


class Authority:
    """A certificate authority of the test's own, and servers' contexts signed by it."""

    def __init__(self, directory):
        self.directory = directory
        self.certificate = f"{directory}/ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
                      "-keyout", f"{directory}/ca.key", "-out", self.certificate)

    def context(self, name):
        """For a server of this name, such as IP:127.0.0.1 or DNS:other.example."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.files(name))
        return context

    def files(self, name):
        """The paths of its certificate and its key."""
        key, request, certificate = (f"{self.directory}/{name.replace(':', '-')}.{end}" for end in ("key", "csr", "pem"))
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=mail", "-keyout", key, "-out", request)
        with open(request + ".ext", "w", encoding="ascii") as file:
            file.write(f"subjectAltName={name}\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", f"{self.directory}/ca.key", "-CAcreateserial",
                      "-days", "2", "-extfile", request + ".ext", "-out", certificate)
        return certificate, key

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
