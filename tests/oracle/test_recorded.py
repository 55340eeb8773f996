"""The model is held to what the kubelets' code said of upstream's inputs; no Go needed."""

import pytest

from pullproof.corpus.cases import Case, cases
from pullproof.model.versions import KubeletVersion
from pullproof.oracle.recorded import of_model, value_of, written
from pullproof.oracle.recorded_inputs import INPUTS, SUBJECTS
from pullproof.oracle.releases import RELEASES


def group(op: str) -> tuple[Case, ...]:
    return tuple(cases(f"oracle/upstream-{op.lower()}"))


@pytest.mark.parametrize("minor", RELEASES)
@pytest.mark.parametrize("op", INPUTS)
def test_the_model_says_what_the_kubelet_said(op: str, minor: int) -> None:
    version = KubeletVersion(minor)
    wrong = {
        case.id: (of_model(op, case.input, version), case.expect["answer"])
        for case in group(op)
        if case.applies_to(version) and of_model(op, case.input, version) != case.expect["answer"]
    }
    assert wrong == {}


@pytest.mark.parametrize("op", INPUTS)
def test_each_input_has_one_verdict_for_each_minor(op: str) -> None:
    for minor in RELEASES:
        applying = [case for case in group(op) if case.applies_to(KubeletVersion(minor))]
        assert [value_of(op, case.input) for case in applying] == list(INPUTS[op])


@pytest.mark.parametrize("op", INPUTS)
def test_an_input_is_read_back_as_it_was(op: str) -> None:
    for value in INPUTS[op]:
        assert value_of(op, written(value)) == value


def test_each_subject_has_a_rule() -> None:
    assert set(SUBJECTS) == set(INPUTS)
