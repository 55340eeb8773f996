"""What the real rules do to expectations, told for those who run clusters.

One `Finding` for each property that no kubelet promises (`promises`,
`image_promises`) and that the real rules break. Which Kubernetes breaks it,
and how, is found by exploring; who expects it and what helps is told here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation that does not hold."""

    id: str
    """Of the property."""
    title: str
    expected: str
    """Where it is promised or said, or who would think so."""
    happens: str
    """What happens instead, and how bad that is."""
    operator: str
    """What somebody who runs a cluster can do."""
    evidence: str = "exploration"
    """`run`: also executed against the kubelet's own code."""


FINDINGS: tuple[Finding, ...] = (
    Finding(
        "P-01",
        "A credential is used after the token it came from has expired",
        "KEP-4412 speaks of short-lived credentials bound to the pod; K-156 says that nothing ties a cached "
        "credential to its token.",
        "The kubelet serves an answer for as long as `cacheDuration` says, whatever becomes of the token in "
        "the request. Harmless if the provider answers with no more than the credential's life, else a "
        "credential outlives the identity it was minted for.",
        "Use a provider that passes `pullproof check` F01 and F04; keep `defaultCacheDuration` at 0s or below the "
        "life of what the exchange mints.",
    ),
    Finding(
        "P-02",
        "A credential obtained for one pod is offered for another",
        "KEP-4412 says that the token is bound to the pod; many read the same into the credential.",
        "With cacheType ServiceAccount all pods of one account and its selected annotations share what "
        "was cached, also after the pod that it was minted for has gone.",
        "Give workloads that must not share a service account of their own, or use cacheType Token with a "
        "provider made for it.",
    ),
    Finding(
        "P-03",
        "A path in an auth key matches the beginning of a longer name",
        "Anybody who writes `registry.example/team` and means a folder.",
        "Paths are compared byte by byte, so the credential for `r.test/a` is also sent for `r.test/ab` (#102472, "
        "closed without a change).",
        "End paths in matchImages and pull secrets with a slash; provider authors: answer with the registry "
        "or the whole repo name as auth key.",
    ),
    Finding(
        "P-04",
        "An empty answer is remembered",
        "Provider authors who answer with an empty `auth` when their back end has a hiccup.",
        "An empty `auth` is an answer like any other and is cached for its `cacheDuration`: until then the "
        "pods pull anonymously and fail (K-107).",
        "Use a provider that fails loudly (check F09), or sets `cacheDuration` 0s on empty answers.",
    ),
    Finding(
        "P-05",
        "Credentials of a plain provider, or of lookups without service account, are shared by all pods",
        "Teams that move from pull secrets to a node-level provider and keep thinking by namespace.",
        "In plain mode the cache, and an exec in flight, know the image only, and an image pulled with such a "
        "credential is recorded as open to every pod, for good (K-213, K-245). By design, but it is the end of "
        "isolation between workloads.",
        "Use tokenAttributes; with `requireServiceAccount: false` remember that pods without an account share "
        "one identity.",
    ),
    Finding(
        "P-06",
        "A valid cached credential is not used while the API server gives no token",
        "Operators who expect pulls of what is cached to survive an outage of the API server.",
        "The token is fetched before the cache is read (K-116), so the provider's credentials are out of reach "
        "although they would still work.",
        "Images that must start without an API server: preload them, or pull them with a plain provider.",
    ),
    Finding(
        "P-07",
        "Credentials are not tried in the order of the providers",
        "The documentation of CredentialProviderConfig on several providers.",
        "Within one keyring the auth keys are sorted, longest path first in effect; the order of the "
        "configuration decides only between equal keys (K-133).",
        "Do not rely on the order; keep matchImages of providers apart.",
    ),
    Finding(
        "P-08",
        "A public image cannot be pulled because of a stale credential",
        "Everybody.",
        "With any matching credential no anonymous attempt is made (K-180): a refused credential makes a public "
        "image fail.",
        "Keep matchImages and pull secrets to what needs them; do not configure `docker.io` for a few "
        "private images without narrowing it.",
    ),
    Finding(
        "P-09",
        "A pass-through credential is asked for again although a cached one is still good",
        "Provider authors who size their back end by `cacheDuration`.",
        "With cacheType Token every refresh of the token, at 80 % of its life, is a new cache key and so a new "
        "exec.",
        "Expect an exec for each pod and each refresh; longer `cacheDuration` changes nothing.",
    ),
    Finding(
        "P-10",
        "One credential is tried twice for one image",
        "Operators of registries that lock out after failed attempts.",
        "Equal credentials from several sources are not merged (K-182): a wrong one is refused as many times as "
        "it is configured.",
        "Do not configure one secret in several places.",
    ),
    Finding(
        "P-11",
        "A provider gets a token although the audience's grant was withdrawn",
        "KEP-4412: nodes may ask for an audience only if a pod or RBAC grants it.",
        "A token in the kubelet's memory is used until its refresh is due (K-151), so a withdrawal takes up "
        "to 80 % of a token's life to have effect.",
        "Withdraw at the exchange as well; delete the service account if it must be at once.",
    ),
    Finding(
        "P-12",
        "A provider is run although a pull secret covers the image",
        "Operators who add a pull secret to keep a slow or failing provider out of the way.",
        "All sources are asked before the first attempt (K-171), and each token goes to its provider.",
        "Take the image out of the provider's matchImages.",
    ),
    Finding(
        "P-13",
        "The cache serves a credential that has already expired",
        "S-04 asks it of providers; the kubelet cannot check it.",
        "If `cacheDuration`, or the configured default, is longer than the credential lives, each pull fails "
        "until the entry has expired.",
        "As for P-01; a `defaultCacheDuration` counts for each answer that has no `cacheDuration`.",
    ),
    Finding(
        "P-50",
        "A revoked credential still opens an image that is present",
        "KEP-2535 says so itself in its risks; auditors rarely read it.",
        "Records hold no expiry (K-252): once proven is proven until the image is gone.",
        "Delete the image from the nodes when access must end, or use imagePullPolicy Always.",
        "run",
    ),
    Finding(
        "P-51",
        "The allowlist opens images that the kubelet pulled with a credential",
        "The name `preloadedImagesVerificationAllowlist` and its documentation.",
        "The list is asked before the records are (K-205): what is listed is open to every pod, however it came.",
        "List only names that no private image has; avoid wildcards.",
        "run",
    ),
    Finding(
        "P-52",
        "An allowlist entry misses other spellings of its name",
        "Who lists `nginx` and means `docker.io/library/nginx:latest`.",
        "Entries are compared with the pod's text as it is written (K-204).",
        "List each spelling in use, or a wildcard with the full repository.",
        "run",
    ),
    Finding(
        "P-53",
        "An image that was public once stays open after it has become private",
        "Registry owners who turn a repository private.",
        "A record of an anonymous or node-wide pull is never weakened by later ones (K-245).",
        "Delete the image from the nodes.",
        "run",
    ),
    Finding(
        "P-54",
        "A rotated secret opens an image without having proven itself",
        "KEP-2535: access is for credentials that were successfully used.",
        "A secret of the same name and UID is taken for the one that is recorded (K-226), whatever it now holds.",
        "Create a new secret instead of changing one, if the new credential may do less.",
        "run",
    ),
    Finding(
        "P-55",
        "An intent of an image named by its short name is never turned into a record",
        "KEP-2535: intents are converted at start-up.",
        "Intents are compared with the runtime's full names (K-249), and `nginx:1` is none. The intent stays, and "
        "the image cannot be told from a pull that failed.",
        "Write full names in pod specs.",
        "run",
    ),
    Finding(
        "P-56",
        "With some runtimes a private image is open to every pod",
        "KEP-2535.",
        "If the runtime names an image differently after a pull and in its status, no record is ever "
        "found and the image counts as preloaded (#135369, cri-o#9728).",
        "Use a runtime with the fix (CRI-O 1.35), or AlwaysVerify.",
        "run",
    ),
    Finding(
        "P-57",
        "While a pull is not recorded yet, other spellings and digests of the image are open",
        "KEP-2535: an image is preloaded only if the kubelet did not pull it.",
        "The intent is kept by the name in the pod's spec. Between the end of the pull and its record, another "
        "spelling or the digest finds neither intent nor record and counts as preloaded.",
        "AlwaysVerify; the window is short, but a crash makes it last until the next start.",
        "run",
    ),
    Finding(
        "P-58",
        "After a restart a stranger's failed pull opens the image",
        "KEP-2535, and I-30.",
        "The failed pull deletes an intent that was not converted yet. The image then counts as preloaded, and "
        "the stranger's next attempt gets in. For an image named by its short name it takes no more than a "
        "restart between a pull and its record, as that intent is never converted (P-55).",
        "AlwaysVerify.",
        "run",
    ),
    Finding(
        "P-59",
        "Image collection forgets images that are in use",
        "KEP-2535: records live as long as their images.",
        "The list given to `PruneUnknownRecords` leaves out images of running containers (and, by reading, pinned "
        "ones and whatever comes after an early stop), so their records are dropped.",
        "AlwaysVerify.",
        "run",
    ),
    Finding(
        "P-60",
        "A private image whose record was collected is open to all",
        "KEP-2535.",
        "What follows from P-59; also if a re-pull, which keeps the old `lastUpdatedTime`, comes during a "
        "collection.",
        "AlwaysVerify.",
        "run",
    ),
    Finding(
        "P-61",
        "A rotated secret loses its access once a hundred secrets are recorded",
        "K-226 for fewer secrets.",
        "From 100 recorded secrets on, names no longer count, only hashes (Q-13): the pod pulls again.",
        "Nothing is needed but a registry that answers.",
        "run",
    ),
    Finding(
        "P-62",
        "A preloaded image is refused after its content was pulled under another name",
        "#138175.",
        "The record is by content, so the preloaded name needs a credential from then on (B-21).",
        "Preload under the names in use, list them in the allowlist, or give the pods a secret.",
        "run",
    ),
    Finding(
        "P-63",
        "A recorded hash need not open the image",
        "Auditors who read the records.",
        "A match by name adds the new hash without a pull (K-226, K-245).",
        "Do not take records for a list of working credentials.",
        "run",
    ),
    Finding(
        "P-64",
        "Who has proven access has to pull again",
        "KEP-2535: no pull for who has proven access.",
        "Restarts, collections and unreadable records forget (K-247, K-249).",
        "Nothing is needed but a registry that answers; without one, such pods do not start.",
        "run",
    ),
    Finding(
        "P-65",
        "A record that became unreadable is replaced by one that knows less",
        "K-246.",
        "The next pull writes a new record; what the unreadable one knew is lost.",
        "None needed; it is on the safe side.",
        "run",
    ),
    Finding(
        "P-66",
        "With policy Never, an error tells whether a private image is present",
        "I-29: the answer for a present image that may not be used equals that for an absent one.",
        "A pull secret that cannot be read gives another error if the image is present.",
        "None needed in most clusters; it tells of presence, not content.",
        "run",
    ),
)


@dataclass(frozen=True, slots=True)
class Aside:
    """Something true of bytes, which the machine does not have."""

    title: str
    rules: str
    happens: str
    operator: str
    held_by: str
    """The test that holds it."""


ASIDES: tuple[Aside, ...] = (
    Aside(
        "An annotation over 64 KiB silences the provider",
        "K-104",
        "No cache key can be built, so the lookup ends without credentials, with one line in the log. Whoever "
        "may annotate a service account can do so.",
        "Let no annotation be required that others may write; look for `Error generating service account "
        "cache key` in the kubelet's log.",
        "tests/model/test_cache.py",
    ),
    Aside(
        "The cache key `global` of 1.33 and before collides with no image",
        "K-101",
        "The key of a Global answer was the bare word, since 1.34 it is `<global>`. No image can be meant by it: "
        "a normalised name begins with a host that has a dot or a colon, or is `localhost`.",
        "Nothing.",
        "tests/model/test_cache.py",
    ),
)
