"""Structured keys and keyrings of the machine against the wire's own."""

from itertools import product

import pytest

from pullproof.model.cache import cache_key, service_account_key
from pullproof.model.keyring import Credential as WireCredential
from pullproof.model.keyring import Keyring
from pullproof.model.protocol.context import Context
from pullproof.model.protocol.keyring_side import Tried, keyring_lookup
from pullproof.model.protocol.params import AccountParams, Params, ProviderParams
from pullproof.model.protocol.rules import LookupRules
from pullproof.model.protocol.values import Credential, Identity, Token
from pullproof.model.provider import CacheType

Pairs = tuple[tuple[str, str], ...]
ACCOUNTS = (AccountParams("x", "n", "app"), AccountParams("y", "na", "pp"))
UIDS = ("1", "2")
ANNOTATIONS: tuple[Pairs, ...] = ((), (("k", "v"),), (("k", ""), ("v", "")), (("kv", ""),))
TOKENS = (Token("x", "1", "p", "1", "a", 0, 1), Token("x", "1", "p", "1", "a", 0, 2))


@pytest.mark.rule("K-102")
@pytest.mark.parametrize("cache_type", list(CacheType))
def test_keys_are_equal_exactly_where_the_kubelets_bytes_are(cache_type: CacheType) -> None:
    provider = ProviderParams("p", "sa", cache_type=cache_type)
    context = Context(Params("test", providers=(provider,), accounts=ACCOUNTS), LookupRules())
    ours: dict[object, bytes] = {}
    theirs: set[bytes] = set()
    for account, uid, pairs, token, base in product(
        ACCOUNTS, UIDS, ANNOTATIONS, TOKENS, ("r.test/a", "r.test")
    ):
        key = context.account_key(provider, account, uid, pairs, (), token)
        mine = context.cache_key(base, Identity(key=key))
        real = cache_key(
            base,
            service_account_key(
                account.namespace, account.kubernetes_name, uid, pairs, cache_type, repr(token)
            ),
        )
        assert ours.setdefault(mine, real) == real
        theirs.add(real)
    assert len(ours) == len(theirs)


KEYS = (
    "r.test",
    "r.test/a",
    "https://r.test/v1/",
    "*.test",
    "index.docker.io",
    "r.test:5000",
    "docker.io",
    "%bad%",
    "r.test/ab",
)


@pytest.mark.rule("K-132")
@pytest.mark.parametrize(
    "repo_name",
    ["r.test/a", "r.test/ab/c", "docker.io/library/h", "r.test:5000/a", "other.example/a", "h"],
)
def test_the_keyring_gives_what_the_real_one_does(repo_name: str) -> None:
    credential = Credential("static")
    tried = tuple(Tried(key, credential, f"{n}") for n, key in enumerate(KEYS))
    keyring = Keyring()
    for n, key in enumerate(KEYS):
        keyring = keyring.add(f"{n}", [WireCredential(key, "u", "p")])
    expected = [each.source for each in keyring.lookup(repo_name)]
    assert [t.origin for t in keyring_lookup(LookupRules(), tried, repo_name)] == expected
