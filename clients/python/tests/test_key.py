"""Keys sign what docs/PROTOCOL.md says, come from files, and do not show their private half."""

import json
import re
from pathlib import Path

import pytest

from rialto_client import ApiKey, UsageError, load_keys

from .support import REPOSITORY, golden_message
from .test_golden import decoded

PRIVATE = bytes(range(1, 33))


def worked_example() -> dict[str, bytes]:
    """The block of the document that shows a logon: names and bytes."""
    document = (REPOSITORY / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
    block = re.search(r"```logon\n(.*?)```", document, re.S)
    assert block is not None
    lines = re.findall(r"^(.+?) {2,}([0-9a-f ]+)$", block[1], re.M)
    return {name: bytes.fromhex(digits) for name, digits in lines if name != "key id"}


def test_a_logon_is_signed_as_the_worked_example_shows() -> None:
    """With the nonce and the exchange id of the golden challenge."""
    example = worked_example()
    challenge = decoded(golden_message(GOLDEN_V0 / "Challenge.hex").content)
    logon = decoded(golden_message(GOLDEN_V0 / "Logon.hex").content)
    key = ApiKey(3, example["private key"])
    nonce, exchange_id = challenge["nonce"], challenge["exchange_id"]
    assert isinstance(nonce, bytes)
    assert isinstance(exchange_id, int)
    assert key.public_key == example["public key"]
    assert key.sign_logon(nonce, exchange_id) == example["signature"] == logon["signature"]


GOLDEN_V0 = REPOSITORY / "protocol" / "tests" / "golden" / "v0"


def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    """All of them, the first one, or the first of an account."""
    path = tmp_path / "keys.json"
    entries = [
        {"account": account, "key_id": key_id, "ed25519_private_key_hex": PRIVATE.hex()}
        for account, key_id in ((1, 2), (3, 4), (3, 5))
    ]
    path.write_text(json.dumps(entries))
    assert [key.key_id for key in load_keys(path)] == [2, 4, 5]
    assert ApiKey.load(path) == ApiKey(2, PRIVATE, 1)
    assert ApiKey.load(str(path), account=3) == ApiKey(4, PRIVATE, 3)
    path.write_text(json.dumps(entries[1]))
    assert load_keys(path) == [ApiKey(4, PRIVATE, 3)]
    with pytest.raises(UsageError, match="no key of account 9"):
        ApiKey.load(path, account=9)


@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '[{"key_id": 1}]', '[{"account": 1, "key_id": 1}]', "\0"]
)
def test_a_file_that_holds_no_keys_is_refused(content: str, tmp_path: Path) -> None:
    """With what it should hold."""
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=r"ed25519_private_key_hex|has no key"):
        ApiKey.load(path)
    with pytest.raises(UsageError, match="cannot read the keys"):
        load_keys(tmp_path / "nowhere.json")


def test_a_private_key_is_not_shown(tmp_path: Path) -> None:
    """Neither when printed nor in an error with its causes."""
    path = tmp_path / "keys.json"
    path.write_text(f'[{{"account": 1, "key_id": 0, "ed25519_private_key_hex": "{PRIVATE.hex()}"}}')
    with pytest.raises(UsageError) as refused:
        load_keys(path)
    shown = repr(ApiKey(1, PRIVATE)) + str(refused.value) + repr(refused.value.__cause__)
    assert PRIVATE.hex() not in shown
    assert repr(PRIVATE)[2:-1] not in shown


@pytest.mark.parametrize(("key_id", "length"), [(1, 31), (1, 33), (0, 32), (-1, 32), (2**32, 32)])
def test_a_key_of_another_size_is_refused(key_id: int, length: int) -> None:
    """The number has 32 bits, the private half 32 bytes."""
    with pytest.raises(UsageError):
        ApiKey(key_id, bytes(length))
