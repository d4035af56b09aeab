"""The body of each interaction, and the parsing of the command index."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.interactions import (
    APPLICATIONS,
    MESSAGE_COMMAND,
    CommandIndex,
    InteractionBody,
    Option,
    interaction_body,
    parse_command_index,
)
from tasks.domain.errors import SendRefused
from tasks.domain.interactions import (
    ButtonInteraction,
    MessageCommandInteraction,
    ModalInteraction,
    SlashCommandInteraction,
    UploadedAttachment,
)
from tasks.domain.model import Bot

MIDJOURNEY, NIJI = APPLICATIONS[Bot.MIDJOURNEY], APPLICATIONS[Bot.NIJI]


def listed(name: str, id_: str, application: str = MIDJOURNEY, **parts: Any) -> dict[str, Any]:
    return {"id": id_, "application_id": application, "version": "9" + id_, "type": 1, "name": name, **parts}


INDEX = {
    "applications": [{"id": MIDJOURNEY}, {"id": NIJI}],
    "application_commands": [
        listed("imagine", "11", options=[{"type": 3, "name": "prompt", "required": True}]),
        listed("imagine", "21", NIJI, options=[{"type": 3, "name": "prompt"}]),
        listed(
            "blend",
            "12",
            options=[
                {"type": 11, "name": "image1", "required": True},
                {"type": 11, "name": "image2", "required": True},
                {"type": 3, "name": "dimensions"},
            ],
        ),
        listed("odd", "13", options=[{"type": t, "name": f"t{t}"} for t in (4, 5, 10)] + [{"name": ""}, None]),
        listed("Cancel Job", "14", type=3),
        listed("imagine", "99", "1000"),
    ],
}
COMMANDS = parse_command_index(INDEX)


def test_the_index_is_read_by_bot_name_and_type() -> None:
    assert set(COMMANDS) == {
        (Bot.MIDJOURNEY, "imagine", 1),
        (Bot.NIJI, "imagine", 1),
        (Bot.MIDJOURNEY, "blend", 1),
        (Bot.MIDJOURNEY, "odd", 1),
        (Bot.MIDJOURNEY, "Cancel Job", MESSAGE_COMMAND),
    }
    imagine = COMMANDS.find(Bot.NIJI, "imagine")
    assert (imagine.id, imagine.version, imagine.application_id) == ("21", "921", NIJI)
    assert COMMANDS.find(Bot.MIDJOURNEY, "imagine").options == (Option(name="prompt", type=3, required=True),)


@settings(deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_an_index_of_another_shape_lists_nothing(json: Any) -> None:
    assert len(parse_command_index(json)) == 0
    assert len(parse_command_index({"application_commands": json})) == 0
    assert len(parse_command_index({"application_commands": [json, *INDEX["application_commands"]]})) == len(COMMANDS)


def test_a_slash_command() -> None:
    body = interaction_body(
        SlashCommandInteraction(command="imagine", options={"prompt": "a **pond**\n--v 7"}), COMMANDS
    )
    assert body.as_json() == {
        "type": 2,
        "application_id": MIDJOURNEY,
        "data": {
            "id": "11",
            "version": "911",
            "name": "imagine",
            "type": 1,
            "options": [{"type": 3, "name": "prompt", "value": "a **pond**\n--v 7"}],
            "attachments": [],
        },
    }


def test_the_other_bot_has_its_own_command() -> None:
    body = interaction_body(SlashCommandInteraction(command="imagine", options={"prompt": "x"}, bot=Bot.NIJI), COMMANDS)
    assert (body.application_id, body.data["id"], body.data["version"]) == (NIJI, "21", "921")


def test_pictures_are_named_by_their_place_among_the_attachments() -> None:
    uploads = {f"image{n}": UploadedAttachment(filename=f"{n}.png", uploaded_filename=f"uuid/{n}.png") for n in (1, 2)}
    data = interaction_body(
        SlashCommandInteraction(command="blend", options={"dimensions": "--ar 2:3"}, uploads=uploads), COMMANDS
    ).data
    assert data["options"] == [
        {"type": 3, "name": "dimensions", "value": "--ar 2:3"},
        {"type": 11, "name": "image1", "value": 0},
        {"type": 11, "name": "image2", "value": 1},
    ]
    assert data["attachments"] == [
        {"id": "0", "filename": "1.png", "uploaded_filename": "uuid/1.png"},
        {"id": "1", "filename": "2.png", "uploaded_filename": "uuid/2.png"},
    ]


def test_values_have_the_type_of_their_option() -> None:
    data = interaction_body(
        SlashCommandInteraction(command="odd", options={"t4": "7", "t5": "true", "t10": "0.5"}), COMMANDS
    ).data
    assert [option["value"] for option in data["options"]] == [7, True, 0.5]


@pytest.mark.parametrize(
    "order",
    [
        SlashCommandInteraction(command="shorten", options={"prompt": "x"}),
        SlashCommandInteraction(command="imagine", options={"promt": "x"}),
        SlashCommandInteraction(command="odd", options={"t4": "seven"}),
        SlashCommandInteraction(command="Cancel Job"),
    ],
)
def test_what_is_not_offered_is_refused_before_it_is_sent(order: SlashCommandInteraction) -> None:
    with pytest.raises(SendRefused):
        interaction_body(order, COMMANDS)


def test_without_an_index_buttons_can_still_be_pressed() -> None:
    order = ButtonInteraction(message_id="5", custom_id="MJ::JOB::upsample::1::x", message_flags=64, bot=Bot.NIJI)
    assert interaction_body(order, CommandIndex()).as_json() == {
        "type": 3,
        "application_id": NIJI,
        "message_id": "5",
        "message_flags": 64,
        "data": {"component_type": 2, "custom_id": "MJ::JOB::upsample::1::x"},
    }


def test_a_dialog_is_submitted_with_the_ids_it_came_with() -> None:
    order = ModalInteraction(
        modal_id="5", custom_id="MJ::RemixModal::x::1::0", values={"MJ::RemixModal::new_prompt": "é"}
    )
    field = {"type": 4, "custom_id": "MJ::RemixModal::new_prompt", "value": "é"}
    assert interaction_body(order, CommandIndex()).as_json() == {
        "type": 5,
        "application_id": MIDJOURNEY,
        "data": {
            "id": "5",
            "custom_id": "MJ::RemixModal::x::1::0",
            "components": [{"type": 1, "components": [field]}],
        },
    }


def test_a_messages_own_command_names_its_target() -> None:
    body: InteractionBody = interaction_body(MessageCommandInteraction(command="Cancel Job", message_id="77"), COMMANDS)
    assert (body.type, body.data["type"], body.data["target_id"], body.data["id"]) == (2, 3, "77", "14")
    assert body.message_id is None


# ---------------------------------------------------------------- an index of 2026: localised, with limits and choices


def test_names_are_the_original_ones_where_the_index_is_localised() -> None:
    """Discord: `name` is in the language of the request, `name_default` is what an interaction must name."""
    size = {
        "type": 3,
        "name": "尺寸",
        "name_default": "dimensions",
        "choices": [
            {"name": "竖", "name_default": "Portrait", "value": "--ar 2:3"},
            {"name": "Square", "value": "1:1"},
        ],
    }
    prompt = {"type": 3, "name": "提示词", "name_default": "prompt", "required": True, "max_length": 4000}
    index = {
        "application_commands": [
            listed("想象", "11", name_default="imagine", options=[prompt]),
            listed("混合", "12", name_default="blend", options=[size, {"name": "only", "name_default": None}]),
        ]
    }
    commands = parse_command_index(index)
    assert {name for _, name, _ in commands} == {"imagine", "blend"}
    data = interaction_body(SlashCommandInteraction(command="imagine", options={"prompt": "a fox"}), commands).data
    assert (data["name"], [option["name"] for option in data["options"]]) == ("imagine", ["prompt"])
    for chosen, sent in (("Portrait", "--ar 2:3"), ("Square", "1:1"), ("--ar 3:2", "--ar 3:2")):
        order = SlashCommandInteraction(command="blend", options={"dimensions": chosen})
        assert interaction_body(order, commands).data["options"] == [{"type": 3, "name": "dimensions", "value": sent}]


@pytest.mark.parametrize(("limit", "known"), [(4000, 4000), (None, None), (0, None), ("9", None), (True, None)])
def test_the_index_tells_how_long_a_prompt_may_be(limit: Any, known: int | None) -> None:
    prompt = {"type": 3, "name": "prompt", "max_length": limit}
    commands = parse_command_index({"application_commands": [listed("imagine", "11", options=[prompt])]})
    assert commands.prompt_limit == known
    assert CommandIndex().prompt_limit is None
    fits = SlashCommandInteraction(command="imagine", options={"prompt": "x" * 4000})
    assert interaction_body(fits, commands).data["options"][0]["value"] == "x" * 4000
    if known:
        with pytest.raises(SendRefused):
            interaction_body(SlashCommandInteraction(command="imagine", options={"prompt": "x" * 4001}), commands)


def test_a_field_that_came_in_a_label_goes_back_in_one() -> None:
    order = ModalInteraction(modal_id="5", custom_id="MJ::X", values={"a": "1", "b": "2"}, labelled=frozenset({"b"}))
    first, second = interaction_body(order, CommandIndex()).data["components"]
    assert first == {"type": 1, "components": [{"type": 4, "custom_id": "a", "value": "1"}]}
    assert second == {"type": 18, "component": {"type": 4, "custom_id": "b", "value": "2"}}
