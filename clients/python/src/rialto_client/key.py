"""API keys: the private half signs the challenge of a connection.

The signed text is laid down in docs/PROTOCOL.md, "Logging on". A key never shows its private half:
neither in `repr` nor in an error.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .errors import UsageError

LOGON_CONTEXT = b"rialto-logon-v1"
"""What the signed text begins with, so that the signature is good for nothing else."""

PRIVATE_KEY_BYTES = 32
"""The length of an Ed25519 private key (RFC 8032)."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key: its number, its private half, and the account it acts for where that is known."""

    key_id: int
    private_key: bytes = field(repr=False)
    account: int | None = None

    def __post_init__(self) -> None:
        """A `UsageError` unless the parts have the size that they must have."""
        if len(self.private_key) != PRIVATE_KEY_BYTES:
            raise UsageError(
                f"a private key of {len(self.private_key)} bytes, Ed25519 has {PRIVATE_KEY_BYTES}"
            )
        if not 0 < self.key_id < 2**32 - 1:
            raise UsageError(f"the key id is {self.key_id}, but they are 1 and above, of 32 bits")

    @property
    def public_key(self) -> bytes:
        """The public half, 32 bytes."""
        public = Ed25519PrivateKey.from_private_bytes(self.private_key).public_key()
        return public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign_logon(self, nonce: bytes, exchange_id: int) -> bytes:
        """The signature that a `Logon` carries, 64 bytes, over what the `Challenge` said."""
        text = (
            LOGON_CONTEXT
            + nonce
            + exchange_id.to_bytes(8, "little")
            + self.key_id.to_bytes(4, "little")
        )
        return Ed25519PrivateKey.from_private_bytes(self.private_key).sign(text)

    @classmethod
    def load(cls, path: str | Path, *, account: int | None = None) -> Self:
        """The first key of a file such as `demo-keys.json`, or the first one of an account."""
        keys = [key for key in load_keys(path) if account is None or key.account == account]
        if not keys:
            raise UsageError(
                f"{path} has no key" + ("" if account is None else f" of account {account}")
            )
        first = keys[0]
        return cls(first.key_id, first.private_key, first.account)


def load_keys(path: str | Path) -> Sequence[ApiKey]:
    """All keys of a file such as `demo-keys.json`, or the one of a file such as `admin-key.json`.

    JSON, an object or a list of objects with account, key_id and ed25519_private_key_hex.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        entries = content if isinstance(content, list) else [content]
        return [
            ApiKey(
                key_id=int(entry["key_id"]),
                private_key=bytes.fromhex(entry["ed25519_private_key_hex"]),
                account=int(entry["account"]),
            )
            for entry in entries
        ]
    except OSError as error:
        raise UsageError(f"cannot read the keys in {path}: {error}") from error
    except (ValueError, KeyError, TypeError):
        # The cause is left out: its text may quote the file, private keys included.
        raise UsageError(
            f"{path} does not hold objects with account, key_id and ed25519_private_key_hex"
        ) from None
