"""The fraud types that Linewatch decides on, in the order of every score column."""

from typing import Final

ROLES: Final = {
    "wangiri": "actor",
    "irsf": "actor",
    "sim_box": "actor",
    "robocall": "actor",
    "smishing": "actor",
    "sms_spam": "actor",
    "grey_route": "actor",
    "pbx_hacking": "victim",
    "vishing": "actor",
    "cli_spoofing": "presented",
    "tdos": "actor",
    "flash_call": "actor",
    "call_forward_abuse": "victim",
    "roaming_fraud": "actor",
    "device_cloning": "victim",
    "subscription_fraud": "actor",
    "sim_swap": "victim",
    "sms_pumping": "actor",
}
"""What a flagged number is in it, by the contract."""
FRAUD_TYPES: Final = tuple(ROLES)
OF_TEXTS: Final = ("smishing", "sms_spam")
"""Those that what is written tells of: a bad campaign speaks for them, and verdicts on them teach texts."""
