from typing import Any

from django.contrib.admin.widgets import AutocompleteSelectMultiple


class SeveralSelect(AutocompleteSelectMultiple):
    """Multiple select of full width. Select2's button to clear it would stand among the items, so it is off."""

    def build_attrs(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().build_attrs(*args, **kwargs) | {"data-allow-clear": "false", "data-width": "100%"}
