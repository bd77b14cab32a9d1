"""Hides customer numbers: the prefix, and digits that end with the word."""

import json
import re

from wit_world import exports
from wit_world.exports.masker import Change, Edit_Hide, Secret


class Masker(exports.Masker):
    """The plugin."""

    def mask(self, spans, settings):
        """Says what to hide; spans that are not named stay as they are."""
        prefix = json.loads(settings)["prefix"]
        number = re.compile(rf"(?a:\b){re.escape(prefix)}[0-9]+\b")
        changes = []
        for index, span in enumerate(spans):
            # A dictionary keeps the order, and each number once.
            values = dict.fromkeys(number.findall(span.text))
            secrets = [Secret(value=value, with_=f"{prefix}…", kind="customer number") for value in values]
            if secrets:
                changes.append(Change(index=index, edit=Edit_Hide(secrets)))
        return changes
