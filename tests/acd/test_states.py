"""The table of agents' states is complete and says nothing twice."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from huawu.acd.events import AgentState, Event
from huawu.acd.model import DOORS
from huawu.acd.states import IGNORED, NOTED, TRANSITIONS, Trigger

ASKED = (Trigger.SIGN_IN, Trigger.SIGN_OUT, Trigger.MAKE_READY, Trigger.TAKE_BREAK, Trigger.LOSE_PHONE)


def test_every_event_has_a_door() -> None:
    assert set(DOORS) == set(get_args(Event))


@pytest.mark.parametrize(("state", "trigger"), list(product(AgentState, Trigger)))
def test_a_pair_is_in_one_table_at_most(state: AgentState, trigger: Trigger) -> None:
    pair = (state, trigger)
    assert (pair in TRANSITIONS) + (pair in NOTED) + (pair in IGNORED) <= 1


def test_the_only_request_refused_is_a_break_off_shift() -> None:
    refused = {
        pair
        for pair in product(AgentState, ASKED)
        if pair not in TRANSITIONS and pair not in NOTED and pair not in IGNORED
    }
    assert refused == {(AgentState.SIGNED_OUT, Trigger.TAKE_BREAK)}


def test_every_state_can_be_reached_and_left() -> None:
    assert set(TRANSITIONS.values()) == set(AgentState)
    assert {before for before, _ in TRANSITIONS} == set(AgentState)


def test_what_is_noted_can_happen_to_a_ready_agent() -> None:
    for _, trigger in NOTED:
        assert (AgentState.READY, trigger) in TRANSITIONS or (AgentState.READY, trigger) in IGNORED
