"""The vendors: how each proves its deliveries, and the tables of what it tells.

Sources: the vendors' own descriptions of their webhooks; where they are silent, what django-anymail has found out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from connectors.email.engagement.notice import Table
from connectors.email.engagement.proofs import postal, postal_key, unisender_go
from connectors.posting import WORDS
from hub import sdk

_SCHEMES = sdk.signatures.SCHEMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who sends the mail. ``rows``: where the list of notices is in a delivery; a list by itself needs none."""

    tables: tuple[Table, ...]
    schemes: tuple[sdk.signatures.Scheme, ...] = ()
    """None: Amazon SNS, or ``proof``."""
    rows: str = ""
    proof: Callable[[sdk.Delivery, Sequence[str]], sdk.signatures.Genuine] | None = None
    takes: Callable[[str], object] = bool
    """Whether a secret can be one of ``proof``."""


def _amazons_id(text: Callable[[str], str]) -> str:
    """Amazon puts its own Message-ID in place of the mail's; its domain is the region's."""
    region = (text("mail.sourceArn").split(":") + [""] * 4)[3]
    domain = "email" if region == "us-east-1" else region
    return f"{text('mail.messageId')}@{domain}.amazonses.com" if domain else ""


_SES = Table(
    inside="Message",
    word=("eventType|notificationType", "bounce.bounceType"),
    words={
        "Send": "sent", "Delivery": "delivered", "DeliveryDelay": "deferred", "Open": "opened", "Click": "clicked",
        "Bounce": "bounced:bounced:soft", "Bounce/Permanent": "bounced:bounced:hard", "Complaint": "complained:spam",
        "Reject": "rejected:blocked", "Rendering Failure": "failed", "Subscription": "unknown",
        "AmazonSnsSubscriptionSucceeded": "unknown",
    },
    key=("^MessageId",), id="^MessageId", at="^Timestamp", message_id="mail.messageId", made_id=_amazons_id,
    recipients="bounce.bouncedRecipients|complaint.complainedRecipients|delivery.recipients"
               "|deliveryDelay.delayedRecipients",
    addressed="mail.destination",
    description="bounce.bounceType&bounce.bounceSubType",
    instead={
        "Complaint": {"description": "complaint.complaintFeedbackType"}, "Reject": {"description": "reject.reason"},
        "Rendering Failure": {"description": "failure.errorMessage"},
        "DeliveryDelay": {"description": "deliveryDelay.delayType"},
    },
    response="delivery.smtpResponse", user_agent="open.userAgent|click.userAgent|complaint.userAgent",
    url="click.link", headers="mail.headers", subject="mail.commonHeaders.subject",
)  # fmt: skip

_BREVO = Table(
    word=("event",),
    words={
        "request": "queued", "delivered": "delivered", "deferred": "deferred", "hard_bounce": "bounced:bounced:hard",
        "soft_bounce": "bounced:bounced:soft", "invalid_email": "bounced:invalid:hard", "blocked": "rejected:blocked",
        "error": "failed", "spam": "complained:spam", "complaint": "complained:spam", "opened": "opened",
        "unique_opened": "opened", "proxy_open": "opened::machine", "unique_proxy_open": "opened::machine",
        "click": "clicked", "unsubscribe": "unsubscribed:unsubscribed", "unsubscribed": "unsubscribed:unsubscribed",
        "list_addition": "subscribed", "contact_updated": "unknown", "contact_deleted": "unknown",
    },
    key=("message-id", "event", "email", "ts_epoch|ts_event|date", "link"),
    at="ts_epoch",  # all other times are of the zone that the account is set to
    mail_id="message-id", recipient="email", response="reason", tags="tags|tag",
    metadata="X-Mailin-custom", user_agent="user_agent", url="link", subject="subject",
)  # fmt: skip

_MAILERSEND = Table(
    word=("type",),
    words={
        "activity.sent": "sent", "activity.delivered": "delivered", "activity.deferred": "deferred",
        "activity.soft_bounced": "bounced:bounced:soft", "activity.hard_bounced": "bounced:bounced:hard",
        "activity.suppressed": "rejected:blocked", "activity.opened": "opened", "activity.opened_unique": "opened",
        "activity.clicked": "clicked", "activity.clicked_unique": "clicked",
        "activity.spam_complaint": "complained:spam", "activity.spam_complaints": "complained:spam",
        "activity.unsubscribed": "unsubscribed:unsubscribed",
        "activity.survey_opened": "unknown", "activity.survey_submitted": "unknown", "webhook.test": "unknown",
    },
    key=("data.id",), id="data.id", at="data.created_at|created_at",
    message_id="data.email.message.id|data.message_id", recipient="data.email.recipient.email|data.recipient",
    description="data.morph.readable_reason|data.morph.reason|data.meta.bounce_reason|data.meta.reject_reason"
                "|data.meta.suppression_reason|data.meta.unsubscribe_reason",
    response="data.meta.bounce_code", tags="data.email.tags|data.tags", user_agent="data.meta.user_agent",
    url="data.morph.url|data.meta.url", subject="data.email.subject|data.subject",
)  # fmt: skip

_MAILGUN = Table(
    inside="event-data",
    word=("event", "severity"),
    words={
        "accepted": "queued", "delivered": "delivered", "failed": "bounced", "failed/permanent": "bounced::hard",
        "failed/temporary": "deferred", "rejected": "rejected:other", "opened": "opened", "clicked": "clicked",
        "unsubscribed": "unsubscribed", "complained": "complained",
    },
    reason="reason",
    reasons={"spam|complaint": "spam", "unsubscribe": "unsubscribed", "bounce": "bounced", "": "other"},
    machine="client-info.bot",
    key=("^@id",), id="^@id", at="timestamp",  # the id is the signed token: the event's own is unique for a day
    mail_id="message.headers.message-id",
    recipient="recipient|message.headers.to", description="delivery-status.description|reject.reason",
    response="delivery-status.message", tags="tags", metadata="user-variables", user_agent="client-info.user-agent",
    url="url", subject="message.headers.subject", list="mailing-list.address",
)  # fmt: skip

_MAILGUN_FORM = Table(
    posted=True,
    word=("event",),
    words={
        "delivered": "delivered", "dropped": "rejected", "bounced": "bounced", "complained": "complained:spam",
        "unsubscribed": "unsubscribed:unsubscribed", "opened": "opened", "clicked": "clicked",
    },
    reason="code",
    reasons={"^499$": "timed_out", "^605$": "bounced", "^607$": "spam", "^[45]": "bounced", "": "other"},
    key=("^@id",), id="^@id", at="timestamp", mail_id="Message-Id|message-id",
    recipient="recipient", description="description", response="error|notification", tags="tag|X-Mailgun-Tag",
    headers="message-headers", user_agent="user-agent", url="url", list="mailing-list",
    own=frozenset(
        "event recipient domain ip country region city user-agent device-type client-type client-name client-os "
        "campaign-id campaign-name tag mailing-list timestamp token signature body-plain h message-id url Message-Id "
        "message-headers code error notification description reason X-Mailgun-Sid X-Mailgun-Tag "
        "attachment-count".split()
    ),
)  # fmt: skip

_MAILJET = Table(
    word=("event", "error", "hard_bounce"),
    words={
        "sent": "delivered", "open": "opened", "click": "clicked", "bounce": "bounced", "blocked": "rejected",
        "bounce/greylisted/false": "deferred", "spam": "complained", "unsub": "unsubscribed",
    },
    reason="error",
    reasons={
        "^(user unknown|mailbox inactive|quota exceeded|invalid domain|no mail host|relay/access denied)$": "bounced",
        "^typofix$": "invalid", "^spam reporter$": "spam",
        "^(blacklisted|sender blocked|content blocked|policy issue|preblocked)$": "blocked", "": "other",
    },
    hard="hard_bounce",
    key=("MessageID", "event", "email", "time", "url"), at="time", message_id="MessageID", recipient="email",
    description="comment|error", response="smtp_reply", tags="customcampaign", metadata="Payload", user_agent="agent",
    url="url", list="mj_list_id",
)  # fmt: skip

_MAILTRAP = Table(
    word=("event",),
    words={
        "delivery": "delivered", "open": "opened", "click": "clicked", "bounce": "bounced:bounced:hard",
        "soft bounce": "deferred:other", "suspension": "deferred:other", "reject": "rejected:blocked",
        "spam": "complained:spam", "unsubscribe": "unsubscribed:unsubscribed",
    },
    key=("event_id",), id="event_id", at="timestamp", message_id="message_id", recipient="email", description="reason",
    response="response", tags="category", metadata="custom_variables", user_agent="user_agent", url="url",
)  # fmt: skip

_MANDRILL = Table(
    word=("event|type",),
    words={
        "send": "sent", "delivered": "delivered", "deferral": "deferred", "hard_bounce": "bounced:bounced:hard",
        "soft_bounce": "bounced:bounced:soft", "open": "opened", "click": "clicked", "spam": "complained:spam",
        "unsub": "unsubscribed:unsubscribed", "reject": "rejected", "whitelist": "unknown", "blacklist": "unknown",
    },
    key=("_id", "event|type", "ts", "url"), at="ts", message_id="_id", recipient="msg.email|reject.email",
    description="reject.detail|reject.reason|msg.bounce_description", response="msg.diag", tags="msg.tags",
    metadata="msg.metadata", user_agent="user_agent", url="url", subject="msg.subject",
)  # fmt: skip

_POSTAL_STATES = {"Sent": "delivered", "SoftFail": "deferred", "HardFail": "failed::hard", "Held": "queued::held"}
_POSTAL = Table(
    word=("payload.status|payload.bounce.direction|event", "payload.message.direction"),
    words={
        **_POSTAL_STATES, "incoming": "bounced:bounced",
        **{f"{state}/incoming": "unknown" for state in _POSTAL_STATES},  # of mail to us
        "MessageLoaded": "opened", "MessageLinkClicked": "clicked", "MessageBounced": "bounced:bounced",
        "DomainDNSError": "unknown", "SendLimitApproaching": "unknown", "SendLimitExceeded": "unknown",
    },
    key=("uuid",), id="uuid", at="timestamp", message_id="payload.message.id|payload.original_message.id",
    mail_id="payload.message.message_id|payload.original_message.message_id",
    recipient="payload.message.to|payload.original_message.to", description="payload.details",
    response="payload.output", tags="payload.message.tag|payload.original_message.tag",
    user_agent="payload.user_agent", url="payload.url",
    subject="payload.message.subject|payload.original_message.subject",
)  # fmt: skip

_POSTMARK_TYPES = {
    "HardBounce": "bounced:bounced:hard", "SoftBounce": "bounced:bounced:soft", "Transient": "deferred",
    "DnsError": "deferred", "OpenRelayTest": "deferred", "VirusNotification": "bounced:other:soft",
    "BadEmailAddress": "rejected:invalid", "Blocked": "rejected:blocked", "DMARCPolicy": "rejected:blocked",
    "ManuallyDeactivated": "rejected:blocked", "Unconfirmed": "rejected", "SMTPApiError": "failed",
    "TemplateRenderingFailed": "failed", "Unsubscribe": "unsubscribed:unsubscribed", "Subscribe": "subscribed",
    "ManualSuppression": "unsubscribed:unsubscribed", "SpamComplaint": "complained:spam",
    "SpamNotification": "complained:spam", "AutoResponder": "autoresponded", "AddressChange": "autoresponded",
    "ChallengeVerification": "autoresponded", "Unknown": "unknown", "InboundError": "unknown",
}  # fmt: skip
_POSTMARK = Table(
    word=("RecordType", "Type|SuppressSending", "SuppressionReason"),
    words={
        "Delivery": "delivered", "Open": "opened", "Click": "clicked", "Bounce": "bounced:bounced",
        "SpamComplaint": "complained:spam", "SubscriptionChange": "unsubscribed",
        "SubscriptionChange/false": "subscribed",
        **{f"Bounce/{each}": meaning for each, meaning in _POSTMARK_TYPES.items()},
        **{f"SubscriptionChange/true/{each}": meaning for each, meaning in _POSTMARK_TYPES.items()},
    },
    key=("MessageID", "RecordType", "ID|DeliveredAt|ReceivedAt|ChangedAt", "Recipient|Email", "OriginalLink"),
    id="ID", at="DeliveredAt|BouncedAt|ReceivedAt|ChangedAt", message_id="MessageID", recipient="Email|Recipient",
    description="Description", response="Details", tags="Tag", metadata="Metadata", user_agent="UserAgent",
    url="OriginalLink", subject="Subject", list="MessageStream",
)  # fmt: skip

_RESEND = Table(
    word=("type", "data.bounce.type"),
    words={
        "email.sent": "sent", "email.delivered": "delivered", "email.delivery_delayed": "deferred",
        "email.bounced": "bounced", "email.bounced/Permanent": "bounced::hard",
        "email.bounced/Transient": "bounced::soft", "email.failed": "failed", "email.suppressed": "rejected:blocked",
        "email.complained": "complained:spam", "email.opened": "opened", "email.clicked": "clicked",
        "email.scheduled": "unknown", "email.received": "unknown", "contact.created": "unknown",
        "contact.updated": "unknown", "contact.deleted": "unknown", "domain.created": "unknown",
        "domain.updated": "unknown", "domain.deleted": "unknown",
    },
    reason="data.bounce.message", reasons={"suppressed sending": "blocked", "bounce message": "bounced", "": "other"},
    key=("@id",), id="@id", at="created_at", message_id="data.email_id", mail_id="data.message_id",
    addressed="data.to", description="data.bounce.message|data.failed.reason|data.suppressed.message",
    headers="data.headers", user_agent="data.click.userAgent|data.open.userAgent", url="data.click.link",
    subject="data.subject",
)  # fmt: skip

_SENDGRID = Table(
    word=("event", "type|reason"),
    words={
        "processed": "queued", "delivered": "delivered", "deferred": "deferred", "bounce": "bounced:bounced",
        "bounce/bounce": "bounced:bounced:hard", "bounce/blocked": "bounced:blocked:soft", "dropped": "rejected:other",
        "dropped/Invalid": "rejected:invalid", "dropped/invalid": "rejected:invalid",
        "dropped/Bounced Address": "rejected:bounced", "dropped/bounce": "rejected:bounced",
        "dropped/Unsubscribed Address": "rejected:unsubscribed", "dropped/Spam Reporting Address": "rejected:spam",
        "dropped/blocked": "rejected:blocked", "dropped/expired": "rejected:timed_out", "open": "opened",
        "click": "clicked", "spamreport": "complained:spam", "unsubscribe": "unsubscribed:unsubscribed",
        "group_unsubscribe": "unsubscribed:unsubscribed", "group_resubscribe": "subscribed",
        "account_status_change": "unknown",
    },
    machine="sg_machine_open",
    key=("sg_event_id",), id="sg_event_id", at="timestamp", message_id="anymail_id|smtp-id|sg_message_id",
    mail_id="smtp-id", recipient="email", response="response|reason", tags="category", user_agent="useragent",
    instead={"dropped": {"response": "", "description": "reason"}}, url="url", list="asm_group_id",
    own=frozenset(
        "anymail_id asm_group_id attempt bounce_classification category cert_err email event ip "
        "marketing_campaign_id marketing_campaign_name marketing_campaign_split_id marketing_campaign_version "
        "newsletter nlvx_campaign_id nlvx_campaign_split_id nlvx_user_id phase_id pool post_type reason response "
        "send_at sg_content_type sg_event_id sg_machine_open sg_message_id sg_template_id sg_template_name "
        "sg_user_id singlesend_id singlesend_name smtp-id status template_hash template_id template_version_id "
        "timestamp tls type url url_offset useragent".split()
    ),
)  # fmt: skip

_SPARKPOST = Table(
    inside="msys.message_event|msys.track_event|msys.gen_event|msys.unsubscribe_event|msys.relay_message"
           "|msys.ab_test_event|msys.ingest_event",
    word=("type", "bounce_class"),
    words={
        "injection": "queued", "delivery": "delivered", "delay": "deferred", "policy_rejection": "rejected",
        "generation_rejection": "rejected", "generation_failure": "failed", "spam_complaint": "complained:spam",
        "open": "opened", "amp_open": "opened", "initial_open": "unknown", "amp_initial_open": "unknown",
        "click": "clicked", "amp_click": "clicked", "list_unsubscribe": "unsubscribed:unsubscribed",
        "link_unsubscribe": "unsubscribed:unsubscribed", "relay_message": "unknown", "sms_status": "unknown",
        "ab_test_completed": "unknown", "ab_test_cancelled": "unknown", "ingest_success": "unknown",
        "ingest_error": "unknown",
        **{
            f"{kind}{class_}": meaning
            for kind in ("bounce", "out_of_band")
            for class_, meaning in {
                "": "bounced", "/10": "bounced::hard", "/30": "bounced::hard", "/60": "autoresponded",
                "/80": "subscribed", "/90": "unsubscribed", "/100": "autoresponded",
            }.items()
        },
    },
    reason="bounce_class",
    reasons={
        "^10$": "invalid", "^(2[0-3]|30|40|70)$": "bounced", "^24$": "timed_out", "^(25|50|54)$": "blocked",
        "^5[12]$": "spam", "^90$": "unsubscribed", "": "other",
    },
    machine="user_agent_parsed.is_prefetched",
    key=("event_id",), id="event_id", at="timestamp", message_id="transmission_id", recipient="raw_rcpt_to|rcpt_to",
    response="raw_reason|reason", tags="campaign_id", metadata="rcpt_meta", user_agent="user_agent",
    url="target_link_url", subject="subject",
)  # fmt: skip
_UNISENDER_GO = Table(
    inside="event_data",
    word=("status|^event_name",),
    words={
        "sent": "sent", "delivered": "delivered", "opened": "opened", "clicked": "clicked",
        "hard_bounced": "bounced:bounced:hard", "soft_bounced": "deferred:bounced", "spam": "complained:spam",
        "unsubscribed": "unsubscribed:unsubscribed", "subscribed": "subscribed",
        "transactional_spam_block": "unknown",
    },
    key=("job_id", "status", "email", "event_time", "url"), at="event_time",
    message_id="metadata.anymail_id|job_id", recipient="email", description="delivery_info.delivery_status|comment",
    response="delivery_info.destination_response", metadata="metadata", user_agent="delivery_info.user_agent",
    url="url",
)  # fmt: skip

VENDORS: Mapping[str, Vendor] = {
    "amazon_ses": Vendor(tables=(_SES,)),
    "brevo": Vendor(tables=(_BREVO,), schemes=WORDS),
    "mailersend": Vendor(tables=(_MAILERSEND,), schemes=(sdk.signatures.Scheme(signature="signature"),)),
    "mailgun": Vendor(tables=(_MAILGUN, _MAILGUN_FORM), schemes=_SCHEMES["mailgun"]),
    "mailjet": Vendor(tables=(_MAILJET,), schemes=WORDS),
    "mailtrap": Vendor(
        tables=(_MAILTRAP,), schemes=(sdk.signatures.Scheme(signature="mailtrap-signature"),), rows="events"
    ),
    "mandrill": Vendor(tables=(_MANDRILL,), schemes=_SCHEMES["mandrill"], rows="mandrill_events"),
    "postal": Vendor(tables=(_POSTAL,), proof=postal, takes=postal_key),
    "postmark": Vendor(tables=(_POSTMARK,), schemes=WORDS),
    "resend": Vendor(tables=(_RESEND,), schemes=_SCHEMES["standard"]),
    "sendgrid": Vendor(tables=(_SENDGRID,), schemes=_SCHEMES["sendgrid"]),
    "sparkpost": Vendor(tables=(_SPARKPOST,), schemes=WORDS),
    "unisender_go": Vendor(tables=(_UNISENDER_GO,), proof=unisender_go, rows="events_by_user.events"),
}
"""Vendors by the setting ``vendor``."""
