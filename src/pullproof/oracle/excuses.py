"""Why some mistakes of the protocol machines cannot be seen in a comparison.

The machine's own properties see the inside of a kubelet; the oracle shows what
leaves it, and is the kubelet's code: what that cannot do, nothing can show.
"""

from collections.abc import Mapping

EVERYWHERE = 0
"""Stands for all minors."""

_UNNAMED = "the bridge does not know the parts of such a machine: no two providers share one"
_NOT_READ = "not looked at here: row `purge-never` compares what the whole cache holds"
_NOT_REACHED = "not reached: no walk recreates an account within an entry's life; see row `key-uid`"
_ONE_TOKEN = "not reached: where annotations come and go, two providers hold tokens of two times"
_IN_MEMORY = (
    "the intent of a counted pull is held in memory (K-251); its file, spoilt or not, is not read"
)
EXCUSES: Mapping[str, Mapping[int, str]] = {
    "image/counter-counts=false": dict.fromkeys((34, 35, 36, 37), _IN_MEMORY),
    "image/empty-hash-counts=true": {
        EVERYWHERE: "a kubelet's hash is never empty: no user name and password fail to be hashed"
    },
    "flight-per-provider=false": {EVERYWHERE: _UNNAMED},
    "shared/cache-and-flights": {EVERYWHERE: _UNNAMED},
    "purges=never": {EVERYWHERE: _NOT_READ},
    "key-has-uid=false": {EVERYWHERE: _NOT_REACHED},
    "key/namespace-only": {EVERYWHERE: _NOT_REACHED},
    "optional-is-optional=false": {EVERYWHERE: _ONE_TOKEN},
}
"""Mutant, minor, reason. A mutant that has one must survive."""

_MANAGER = "tokens are given to the oracle with each lookup; op `tokens` compares their manager"
_SERVER = "the API server is no part of this comparison"
_PARTS = "providers, exchanges and registries are no part of the kubelet"
_PULLS = "pulls are no part of this comparison; op `images` compares them"
_OTHERS = "pull secrets and node files are no part of this comparison; `keyring` and `images` are"
_LOGS = "logs are no part of this comparison; op `respond` compares them"
_API = "no walk has an API server that gives no token: the bridge cannot say so"
_LOCKS = "steps are performed one after the other, so nobody waits"

HIDDEN_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "token_audience", "token_bound", "token_account", "request_has_uid",
            "token_key_has_account", "token_key_has_audience", "token_key_has_pod",
            "token_key_has_pod_uid", "token_key_has_uid", "token_key_symmetric", "token_refresh",
            "refresh_failure", "token_failure_remembered", "deleted_pods_evicted",
        ),
        _MANAGER,
    ),
    **dict.fromkeys(
        (
            "server_checks_grant", "server_honours_grant", "server_checks_pod",
            "server_checks_pod_uid", "server_checks_uid", "server_wants_bound",
            "server_one_audience",
        ),
        _SERVER,
    ),
    **dict.fromkeys(
        (
            "provider_isolated", "provider_no_fallback", "provider_duration", "provider_key",
            "provider_fails_loudly", "provider_destination", "exchange_audience",
            "exchange_issuer", "exchange_reviews", "exchange_retired_keys", "exchange_expiry",
            "exchange_life", "exchange_scope", "registry_scope", "registry_expiry",
        ),
        _PARTS,
    ),
    **dict.fromkeys(("anonymous_last", "tries_all", "anonymous_alone"), _PULLS),
    **dict.fromkeys(("union", "union_order", "union_complete", "bad_secret_fails"), _OTHERS),
    **dict.fromkeys(("secrets_in_logs", "stderr_logged"), _LOGS),
    "token_failure": _API,
    "lock_during_exec": _LOCKS,
}  # fmt: skip
"""Decisions of the lookup side that the oracle's `scenario` does not make, and who does.
A mutant of these alone must survive."""
