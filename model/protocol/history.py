"""Bugs that Kubernetes, or providers for it, once had, and how the machine shows them.

A bug is reproduced by the real rules of a kubelet that had it, where the
model knows them, and else by a wrong implementation of the current rules. For
bugs of providers and of set-ups, that is the kubelet they would have needed:
the counterexample shows why the real one is not so.

Source: kubelet.md sections 8 to 11 (B-01 to B-34).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pullproof.model.protocol import image_scopes, scopes
from pullproof.model.protocol.image_params import ContentParams
from pullproof.model.protocol.params import Params


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug and the search that finds it again."""

    id: str
    """Of the list of bugs; a letter tells several traces of one bug apart."""
    upstream: str
    """Issues and pull requests, of kubernetes/kubernetes unless another is named."""
    wrong: str
    """What went wrong, in one sentence."""
    params: Params
    violates: str
    """Property whose counterexample it is."""
    fixed_in: str
    minor: int = 0
    """Kubernetes 1.`minor` had it; 0: the rules of `params` are taken."""
    mutant: str = ""
    """Wrong implementation; empty: the real rules have the bug."""

    @property
    def configuration(self) -> Params:
        return self.params.at(self.minor) if self.minor else self.params

    @property
    def how(self) -> str:
        """Which rules show it, in words."""
        if self.mutant:
            return f"mutant `{self.mutant}`"
        return f"the real rules of 1.{self.configuration.minor}"


_PUBLIC_34 = image_scopes.config(
    "public-34",
    minor=34,
    gate=True,
    containers=(image_scopes.pod("pod-a"), image_scopes.pod("pod-b")),
    public=(image_scopes.REPO_A,),
)
_NAMES = image_scopes.config(
    "two-names",
    contents=(ContentParams("x", (image_scopes.A, image_scopes.B), (image_scopes.B,)),),
    containers=(
        image_scopes.pod("pod-a", image_scopes.A, "s-a"),
        image_scopes.pod("pod-b", image_scopes.B),
    ),
    secrets=(image_scopes.secret("s-a"),),
)
_REFRESHES = replace(scopes.TOKENS, name="refreshes", accounts=(scopes.SA_X,))
PROVIDER, SETUP = (
    "not a kubelet bug; mended in the provider",
    "not a kubelet bug; mended by the user",
)

BUGS: tuple[Bug, ...] = (
    Bug(
        "B-02",
        "#94196 (review), #102168",
        "One lock was held while a provider ran, and expired entries were dropped only when the "
        "same key was asked for again.",
        scopes.EMPTY_ANSWERS,
        "K-110",
        "1.22 or 1.23",
        mutant="B-02/lock",
    ),
    Bug(
        "B-03",
        "#129669",
        "Providers were kept in a map, so the first of the configuration was not the first tried.",
        scopes.SHARED_FLIGHTS,
        "K-005",
        "1.33",
        minor=32,
    ),
    Bug(
        "B-04",
        "#129669",
        "Two providers of one name passed validation, and the kubelet crashed late.",
        scopes.DUPLICATES,
        "K-034",
        "1.33",
        mutant="B-04/duplicates",
    ),
    Bug(
        "B-05",
        "#132802, #132803",
        "Tokens were asked for and kept by name only, so a recreated account got the old one's.",
        scopes.GRANTS,
        "I-34",
        "1.34",
        minor=33,
    ),
    Bug(
        "B-06",
        "#130808, #132771",
        "An image pulled with an account's credential counted as everybody's.",
        image_scopes.ACCOUNTS_33,
        "A-01",
        "1.34",
    ),
    Bug(
        "B-07",
        "#132617",
        "The token that a pass-through provider gave back was cached for other pods.",
        scopes.PASS_THROUGH,
        "I-06",
        "1.34",
        minor=33,
    ),
    Bug(
        "B-08",
        "#128372 (review)",
        "Pods of different identity that pulled one image at once shared one run of the provider.",
        scopes.ECHO,
        "I-24",
        "1.33, before it shipped",
        mutant="B-08/flight-by-image",
    ),
    Bug(
        "B-09a",
        "#132951",
        "Providers were run for images that were there, with the gate off.",
        image_scopes.GATE_OFF,
        "K-211a",
        "1.34",
        minor=33,
    ),
    Bug(
        "B-09b",
        "#133114",
        "Credentials were looked up before anybody asked whether the image needs any.",
        _PUBLIC_34,
        "K-211b",
        "1.35",
    ),
    Bug(
        "B-10",
        "#129935, #129993",
        "An audience that a pod's volume grants was refused, as in-tree volumes were not "
        "translated before the check.",
        scopes.TOKENS_OF_TWO,
        "K-162",
        "1.33",
        mutant="server-honours-grant=false",
    ),
    Bug(
        "B-11",
        "#140159, #140607",
        "An audience granted by RBAC was refused when a volume could not be looked up.",
        scopes.TOKENS,
        "K-162",
        "1.37 or later",
        mutant="B-11/early-refusal",
    ),
    Bug(
        "B-13",
        "#94196 (review)",
        "A provider's answer was quoted in the error when it could not be decoded.",
        scopes.DOCUMENTS,
        "I-19",
        "1.20, before it shipped",
        mutant="B-13/decode-error",
    ),
    Bug(
        "B-14",
        "#94712, #96576",
        "Docker config files and answers of metadata services were logged.",
        scopes.DOCUMENTS,
        "I-19",
        "1.20",
        mutant="B-14/content-logged",
    ),
    Bug(
        "B-15",
        "#117448, #117868",
        "A provider's stderr was dropped, so nobody could know why it failed.",
        scopes.NODE_LEVEL,
        "K-084",
        "1.28",
        minor=27,
    ),
    Bug(
        "B-17",
        "#102472",
        "A credential for r/a is also offered for r/ab: paths are compared byte by byte.",
        scopes.PATHS,
        "P-03",
        "not fixed",
    ),
    Bug(
        "B-18",
        "cloud-provider-gcp#226, #235",
        "A provider left cacheKeyType out, and its answers were dropped.",
        scopes.DOCUMENTS,
        "I-20",
        PROVIDER,
        mutant="cache-key-type-required=false",
    ),
    Bug(
        "B-19a",
        "kubernetes-sigs/kind#4185",
        "A provider was never run: its pattern globbed in the path, where a star is a star.",
        scopes.HUB_IMAGES,
        "K-171",
        SETUP,
        mutant="B-19/stacked",
    ),
    Bug(
        "B-19b",
        "kubernetes-sigs/kind#4185",
        "It then answered with cacheKeyType ServiceAccount, which is a cacheType.",
        scopes.DOCUMENTS,
        "I-20",
        SETUP,
        mutant="cache-key-type-known=false",
    ),
    Bug(
        "B-20",
        "#135369, #136498, #136549, cri-o#9728, cri-o#9826",
        "Pull and status of a runtime named one image differently, so its record was never found "
        "and the image counted as preloaded.",
        image_scopes.MISMATCHED,
        "P-56",
        "CRI-O; the kubelet still trusts the runtime",
    ),
    Bug(
        "B-21a",
        "#138175, #139156",
        "A preloaded image is refused once the same content was pulled under another name.",
        _NAMES,
        "P-62",
        "open",
    ),
    Bug(
        "B-21b",
        "#138211",
        "The fix first proposed for that would have opened private content to everybody.",
        image_scopes.SECRETS,
        "A-01",
        "closed",
        mutant="B-21/naive-fix",
    ),
    Bug(
        "B-22",
        "#137024",
        "A second namespace could use a private image; the gate or the policy was not what the "
        "reporter thought.",
        image_scopes.SECRETS_ALWAYS,
        "A-01",
        "open, cause not established",
        mutant="B-22/policy-off",
    ),
    Bug(
        "B-23",
        "#135703, #136199",
        "A pod with policy Never and no secret ran with an image that the kubelet had pulled.",
        image_scopes.POLICIES,
        "A-01",
        "the test was changed in 1.36",
        mutant="B-23/pulled-is-open",
    ),
    Bug(
        "B-24",
        "#68119",
        "The token cache was never hit: its key printed the value of a pointer.",
        scopes.DOCUMENTS,
        "K-150",
        "1.13 (not verified)",
        mutant="B-24/unstable-key",
    ),
    Bug(
        "B-25",
        "#62993",
        "A token stayed valid after its secret was recreated: a UID was compared with itself.",
        image_scopes.SECRETS_ALWAYS,
        "A-01",
        "1.11 (not verified)",
        mutant="B-25/self-comparison",
    ),
    Bug(
        "B-26",
        "#106049",
        "After its account was recreated, a pod kept the token of the old one.",
        scopes.GRANTS,
        "I-34",
        "open",
        mutant="token-key-has-uid=false",
    ),
    Bug(
        "B-27",
        "#138689",
        "After refreshes had failed for a while, an expired token stayed in use.",
        _REFRESHES,
        "I-33",
        "closed",
        mutant="B-27/sticky-failure",
    ),
    Bug(
        "B-28",
        "kubernetes/kubelet@3291142",
        "Records were written with null lists, which a strict reader would refuse.",
        image_scopes.CORRUPTED_UNVERIFIED,
        "I-28",
        "1.34",
        mutant="B-28/nulls-refused",
    ),
    Bug(
        "B-29",
        "#133016 (review)",
        "Parts of a hash were joined without their lengths, so that different parts were equal.",
        scopes.ANNOTATIONS,
        "I-22",
        "1.34, before it shipped",
        mutant="key-injective=false",
    ),
    Bug(
        "B-30",
        "nutanix-cloud-native/cluster-api-runtime-extensions-nutanix#724",
        "A registry with a port was never matched by a generated pattern without one.",
        scopes.DESTINATIONS,
        "I-13",
        SETUP,
        mutant="B-30/port-ignored",
    ),
    Bug(
        "B-31",
        "awslabs/amazon-eks-ami#1269",
        "The configuration asked for v1beta1, and the provider spoke v1 only.",
        scopes.DOCUMENTS,
        "I-20",
        SETUP,
        mutant="B-31/any-version",
    ),
    Bug(
        "B-32",
        "#51293, #52329",
        "The sandbox image was pulled with the docker config alone, without providers.",
        scopes.LEGACY_SECRETS,
        "K-170",
        "1.8",
        mutant="B-32/no-union",
    ),
    Bug(
        "B-33",
        "kubeedge/kubeedge#7218",
        "Tokens were stored under a key made from the response and read by one from the request.",
        scopes.DOCUMENTS,
        "K-150",
        "open",
        mutant="B-33/asymmetric-token-key",
    ),
)

ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "B-01": "#102750, #103231: the environment of a process (K-083), held by "
        "`tests/adapters/test_session.py`",
        "B-12": "#139046: the wording of a 403 of the API server",
        "B-16": "#113754, #113600: names of metrics",
        "B-34": "#130420: a wish, that the configuration be read again without a restart (K-007)",
    }
)
"""Bugs that touch no behaviour of the machine, and what they were about."""
