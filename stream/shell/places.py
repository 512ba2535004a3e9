"""Where flagged numbers belong, as a metric may say it: a country and first digits, of few values and never a number."""

from typing import Final

import phonenumbers

DIGITS: Final = 3
"""Of the national number: about an operator's range."""
HIDDEN: Final = 4
"""Digits that are never shown."""
MOST: Final = 500
NOWHERE: Final = ("none", "none")


class Places:
    """Remembers which prefixes it named: from `MOST` on further ones are `other`."""

    def __init__(self) -> None:
        self._named: set[str] = set()

    def of(self, number: str) -> tuple[str, str]:
        """Country (ISO 3166; `none` for sender ids, short codes and what no plan knows) and prefix of a reported number."""
        if not number.startswith("+"):
            return NOWHERE
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return NOWHERE
        national = phonenumbers.national_significant_number(parsed)
        prefix = f"+{parsed.country_code}{national[: max(0, min(DIGITS, len(national) - HIDDEN))]}"
        if prefix not in self._named:
            if len(self._named) >= MOST:
                prefix = "other"
            else:
                self._named.add(prefix)
        return phonenumbers.region_code_for_number(parsed) or "none", prefix
