"""The model held against the kubelet's own code.

`oracle/` at the root of the checkout is a Go program around Kubernetes' own
packages; `build` compiles it, `Oracle` talks to it and `differential` asks it
and the model the same questions.
"""

from pullproof.oracle.client import Oracle, OracleDied
from pullproof.oracle.releases import RELEASES, OracleUnavailable

__all__ = ["RELEASES", "Oracle", "OracleDied", "OracleUnavailable"]
