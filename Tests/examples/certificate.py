"""A certificate of its own for a test, and clients that trust it."""

import ssl
import subprocess
from pathlib import Path


class Certificate:
    """Two files, and a context for those who connect."""

    def __init__(self, folder: Path, name: str = "localhost") -> None:
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        self.renew(name)

    def renew(self, name: str = "localhost") -> None:
        """Makes both files anew."""
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec"),
                *("-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
                *("-days", "1", "-subj", f"/CN={name}"),
                *("-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"),
                *("-keyout", str(self.key), "-out", str(self.certificate)),
            ],
            check=True,
            capture_output=True,
        )
        self.client = ssl.create_default_context(cafile=str(self.certificate))

    @property
    def flags(self) -> tuple[str, ...]:
        return ("--cert", str(self.certificate), "--key", str(self.key))
