"""TLS with a real exchange: who is trusted, and who is not."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rialto_client import Client, ConnectFailed, Side, UsageError

from .real_exchange import RealExchange
from .support import asynchronous


def _self_signed(directory: Path, name: str) -> tuple[Path, Path]:
    """A certificate for the loopback address that signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    certificate_file = directory / f"{name}.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = directory / f"{name}-key.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@pytest.fixture
def secure_exchange(tmp_path: Path) -> Iterator[RealExchange]:
    """An exchange with a certificate of its own making."""
    started = RealExchange(tmp_path / "data", tls=_self_signed(tmp_path, "venue"))
    started.start()
    yield started
    started.stop()


@asynchronous
async def test_orders_travel_in_tls(secure_exchange: RealExchange) -> None:
    """For whoever names the certificate, as a file or in a context."""
    assert secure_exchange.tls is not None
    ca_file, _ = secure_exchange.tls
    key = secure_exchange.key(7)
    async with Client(secure_exchange.address, key=key, ca_file=ca_file) as client:
        order = await client.place("BTC-USDT", Side.BUY, quantity="0.01", price="59000")
        assert order.order_id
    context = ssl.create_default_context(cafile=ca_file)
    async with Client(secure_exchange.address, ssl_context=context) as client:
        await client.session.test()


@asynchronous
async def test_nobody_else_is_trusted(secure_exchange: RealExchange, tmp_path: Path) -> None:
    """Neither with the system's authorities nor with others; and a port with TLS says so."""
    stranger, _ = _self_signed(tmp_path, "stranger")
    for ca_file in (None, stranger):
        with pytest.raises(ConnectFailed, match="certificate verify failed"):
            await Client(secure_exchange.address, ca_file=ca_file).open()
    with pytest.raises(ConnectFailed, match="400"):
        await Client(secure_exchange.address.removeprefix("wss://")).open()


@asynchronous
async def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    """Before anything is sent."""
    ca_file, _ = _self_signed(tmp_path, "venue")
    with pytest.raises(UsageError, match="write wss://"):
        await Client("127.0.0.1:1", ca_file=ca_file).open()
    with pytest.raises(UsageError, match="leave `ca_file` out"):
        Client("wss://127.0.0.1:1", ca_file=ca_file, ssl_context=ssl.create_default_context())
    for name in ("missing.pem", "text.pem"):
        (tmp_path / "text.pem").write_text("certainly not")
        with pytest.raises(UsageError, match=name):
            Client("wss://127.0.0.1:1", ca_file=tmp_path / name)
