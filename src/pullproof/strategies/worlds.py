"""Worlds: a provider's configuration, workloads, images and what is declared.

Each is a `Setup` that a session can be run with: every workload has images of
its own, the provider's patterns cover them, and the policy agrees with both.
"""

from hypothesis import strategies as st

from pullproof.model.provider import CacheType, ProviderConfig, TokenAttributes
from pullproof.model.setup import Feature, Identity, Policy, Setup, UnknownImage, Workload
from pullproof.strategies.images import match_images

REGISTRIES = ("registry.example", "registry.example:5000", "a.registry.example")
_APPS = st.sampled_from(["app", "tool", "base/web"])
_NODE = (Identity.NODE, Identity.NONE)
_WITH_TOKENS = (Identity.WORKLOAD, Identity.PASS_THROUGH)


@st.composite
def worlds(draw: st.DrawFn, *, tokens: bool | None = None, workloads: int | None = None) -> Setup:
    """Return setups; the smallest has one workload with one image.

    Args:
        tokens: Whether the provider is sent service account tokens; absent:
            either.
        workloads: How many; absent: one to three.
    """
    host = draw(st.sampled_from(REGISTRIES))
    count = draw(st.integers(1, 3)) if workloads is None else workloads
    found = tuple(draw(_workloads(host, letter)) for letter in "abcdefgh"[:count])
    served = tuple(image for each in found for image in each.images)
    sa_mode = draw(st.booleans()) if tokens is None else tokens
    identity = draw(st.sampled_from(_WITH_TOKENS if sa_mode else _NODE))
    provider = ProviderConfig(
        "provider",
        tuple(dict.fromkeys([draw(match_images(served[0])), host])),
        draw(st.sampled_from([0, 300 * 10**9])),
        token_attributes=draw(_attributes(identity)) if sa_mode else None,
    )
    return Setup(
        provider,
        ("/bin/provider",),
        identity=identity,
        served=served,
        declined=(draw(st.sampled_from(["elsewhere.test/app", "other.test/x/y"])),),
        workloads=found,
        policy=draw(_policies(host)),
        features=_features(count, sa_mode=sa_mode),
    )


@st.composite
def _workloads(draw: st.DrawFn, host: str, letter: str) -> Workload:
    name = f"team-{letter}"
    apps = draw(st.lists(_APPS, min_size=1, max_size=2, unique=True))
    annotations = draw(st.sampled_from([(), (("example.com/role", letter),)]))
    return Workload(
        letter,
        name,
        draw(st.sampled_from(["default", "puller"])),
        f"uid-{letter}",
        f"web-{letter}",
        f"pod-uid-{letter}",
        annotations,
        tuple(f"{host}/{name}/{app}" for app in apps),
    )


@st.composite
def _attributes(draw: st.DrawFn, identity: Identity) -> TokenAttributes:
    kinds = [CacheType.TOKEN] if identity is Identity.PASS_THROUGH else list(CacheType)
    return TokenAttributes(
        "registry.example",
        draw(st.booleans()),
        draw(st.sampled_from(kinds)),
        optional_annotation_keys=draw(st.sampled_from([(), ("example.com/role",)])),
    )


def _policies(host: str) -> st.SearchStrategy[Policy]:
    return st.builds(
        Policy, owns=st.sampled_from([None, (host,)]), unknown_image=st.sampled_from(UnknownImage)
    )


def _features(count: int, *, sa_mode: bool) -> frozenset[Feature]:
    found = {Feature.REGISTRY, Feature.DECLINED_IMAGES}
    found |= {Feature.TOKENS, Feature.EXCHANGE} if sa_mode else set()
    found |= {Feature.TWO_WORKLOADS} if count > 1 else set()
    return frozenset(found)


def shared_image(setup: Setup) -> str:
    """Return an image of the setup's registry that no workload owns."""
    return f"{setup.served[0].partition('/')[0]}/shared/tool"
