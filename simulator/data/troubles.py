"""MidJourney's errors and notices, by name.

Contract: a table only. `magic` maps prompts to them; `replies` and `display` deliver them. Where only a title is known,
the other words are invented.
"""

from dataclasses import dataclass

RED, YELLOW, BRIGHT_RED, GREY = 16711680, 16239475, 15548997, 9807270

NOTE, REPLY_FORM, EDIT = "note", "reply", "edit"
_ANY = (NOTE, REPLY_FORM, EDIT)
_LATE = (REPLY_FORM, EDIT)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """An embed, or a plain text. `forms`: where it appears: a private note instead of a job, a reply to the job's
    first message, or an edit of that message; one of them at random. `{later}` is a Unix time, `{prompt}` the
    prompt."""

    name: str
    title: str = ""
    description: str = ""
    content: str = ""
    footer: str = "/imagine {prompt}"
    colour: int | None = RED
    forms: tuple[str, ...] = (NOTE,)
    always_coloured: bool = False  # even in eras whose errors may lack their colour
    appeal: bool = False  # has a button that starts the job after all


_OF_PROMPTS = (
    Trouble(
        name="banned",
        title="Banned prompt detected",
        description="The filters found a phrase in this prompt that is not allowed. Change it and try again.",
    ),
    Trouble(
        name="banned_image",
        title="Banned image prompt",
        description="One of the pictures in this prompt is not allowed here.",
        forms=_ANY,
    ),
    Trouble(
        name="image_denied",
        title="Image denied",
        description="The picture you sent was not accepted by our filters.",
        forms=_ANY,
    ),
    Trouble(
        name="image_filters",
        title="Request cancelled due to image filters",
        description="A picture of this request was caught by our filters.",
        forms=_ANY,
    ),
    Trouble(
        name="output_filters",
        title="Request cancelled due to output filters",
        description="What was being drawn was caught by our filters.",
        forms=_ANY,
    ),
    Trouble(
        name="declined",
        title="Sorry, something went wrong",
        description="The job encountered an error. Our team has been notified.",
        footer="decline-simulate-harbour",
        colour=None,
        forms=(REPLY_FORM,),
    ),
    Trouble(
        name="invalid",
        title="Invalid parameter",
        description="Unrecognized parameter(s): `--simulated`",
    ),
    Trouble(
        name="invalid_text",
        content="Invalid parameter\nUnrecognized parameter(s): `--simulated`\n/imagine {prompt}",
    ),
    Trouble(name="invalid_prompt", title="Invalid prompt", description="This prompt cannot be drawn."),
    Trouble(name="invalid_request", title="Invalid request", description="This cannot be done with this job."),
    Trouble(name="invalid_link", title="Invalid link!", description="Could not fetch a picture from this address."),
    Trouble(name="empty", title="Empty prompt", description="You need to give a prompt."),
)

_OF_JOBS = (
    Trouble(
        name="failed",
        title="Sorry! Could not complete the job!",
        description="The job encountered an error. It was not charged.",
        forms=_LATE,
    ),
    Trouble(name="internal", title="Internal error", description="Please try again later.", forms=_ANY),
    Trouble(
        name="trace",
        content="There was an error processing your request. Please try again later. Your trace: `paper-kite-lantern`",
    ),
    Trouble(name="command_failed", content="Failed to process your command :c"),
    Trouble(
        name="slow_down",
        title="Slow Down!",
        description="You can request another upscale for this image <t:{later}:R>",
        footer="",
        colour=None,
    ),
    Trouble(
        name="restricted",
        title="Job action restricted",
        description="You can not submit batch jobs in relax mode",
    ),
    Trouble(
        name="appeal",
        title="Action needed to continue",
        description="Sorry! Our AI moderators are not sure about this prompt.\n\n"
        'Press the "Appeal" button to have it looked at again.',
        appeal=True,
    ),
)

_UNKNOWN = (
    Trouble(
        name="unknown_red",
        title="The kiln is cold",
        description="Nothing can be fired in it before noon.",
        forms=_ANY,
        always_coloured=True,  # without it these words would mean nothing
    ),
)

_OF_ACCOUNTS = (
    Trouble(
        name="queue_full",
        title="Queue full",
        description="Your job queue is full. Please wait for a job to finish first, then resubmit this one.",
    ),
    Trouble(
        name="captcha_note",
        title="Action required to continue",
        description="Please complete the task to go on using Midjourney.",
        footer="",
    ),
    Trouble(
        name="mod_message",
        title="Pending mod message",
        description="A moderator has written to you. Read the message and acknowledge it.",
    ),
    Trouble(
        name="blocked",
        title="Blocked",
        description="You have been temporarily blocked from using Midjourney. You can return <t:{later}:F>.",
        colour=BRIGHT_RED,
    ),
    Trouble(name="plan_cancelled", title="Plan Cancelled", description="Your plan has been cancelled."),
    Trouble(
        name="subscription_required",
        title="Subscription required",
        description="You need a subscription to draw.",
    ),
    Trouble(
        name="subscription_paused",
        title="Subscription paused",
        description="Your subscription is paused.",
    ),
    Trouble(
        name="credits",
        title="Credits exhausted",
        description="You have run out of fast hours.",
    ),
    Trouble(name="tos", title="Tos not accepted", description="Accept our terms of service first."),
)


def incompatible(text: str, *, is_plain: bool) -> Trouble:
    """The refusal of parameters that do not go together: an embed, or its words alone. Of a conflict these are known
    to stand at the very beginning; other refusals begin as `invalid_text` does."""
    if is_plain:
        opening = "" if "not compatible" in text else "Invalid parameter\n"
        return Trouble(name="incompatible", content=f"{opening}{text}\n/imagine {{prompt}}")
    return Trouble(name="incompatible", title="Invalid parameter", description=text)


TROUBLES: dict[str, Trouble] = {
    trouble.name: trouble for table in (_OF_PROMPTS, _OF_JOBS, _UNKNOWN, _OF_ACCOUNTS) for trouble in table
}

# Notices beside a running job.
QUEUED = Trouble(
    name="queued",
    title="Job queued",
    description="You have reached the maximum allowed number of concurrent jobs. "
    "Don't worry, this job will start as soon as another one finishes!",
    colour=YELLOW,
)
NOTICES: dict[str, Trouble] = {
    notice.name: notice
    for notice in (
        Trouble(
            name="duplicates",
            title="Duplicate images detected",
            description="Some of these pictures are the same.",
            colour=16776960,
        ),
        Trouble(
            name="unknown_grey",
            title="A new brush is here",
            description="Your next drawing may look softer.",
            colour=GREY,
        ),
        Trouble(
            name="no_previews",
            content="Progress images have been disabled. "
            "Don't worry, the results will still be sent when it completes.",
        ),
    )
}
