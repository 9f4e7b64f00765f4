"""By what the certificates of servers are checked."""

from pathlib import Path

import pytest

from licsync.backends.http.certificates import trusted_authorities
from licsync.engine.ports import BackendFailed
from tests.support.command_line import run


@pytest.fixture(autouse=True)
def _without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def test_the_authorities_of_the_system_are_read_once() -> None:
    system = trusted_authorities(by_environment=False)
    assert trusted_authorities(by_environment=True) is system


def test_a_variable_counts_only_where_it_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = trusted_authorities(by_environment=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trusted_authorities(by_environment=True) is not system
    assert trusted_authorities(by_environment=False) is system


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), ("no PEM", "it has no certificate in PEM format")],
)
def test_a_file_that_cannot_be_used_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, reason: str
) -> None:
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(BackendFailed) as caught:
        trusted_authorities(by_environment=True)
    expected = f"The certificate authorities of SSL_CERT_FILE ('{file}') cannot be read: {reason}."
    assert str(caught.value) == expected


def test_a_command_says_which_file_it_is(tmp_path: Path) -> None:
    (tmp_path / "account.yaml").write_text(
        "account:\n  name: acme\n  backend: {type: 8x8, customer_id: 0012J00042NkZQIQA3}\n"
    )
    result = run("plan", tmp_path, code=1, LICSYNC_API_KEY="key", SSL_CERT_FILE="/none.pem")
    assert "SSL_CERT_FILE ('/none.pem') cannot be read: No such file or directory." in result.stderr
