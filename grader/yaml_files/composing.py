"""PyYAML's nodes with what it forgets: where an alias stands, and aliases of what does not stand above them."""

from __future__ import annotations

import yaml


class Hole(yaml.ScalarNode):
    """Stands where an alias has no anchor above it."""

    def __init__(self, anchor: str, start_mark: yaml.Mark, end_mark: yaml.Mark) -> None:
        super().__init__("tag:yaml.org,2002:null", "", start_mark, end_mark)
        self.anchor = anchor


class Composer(yaml.SafeLoader):
    """To PyYAML an alias is the very node of its anchor; here its own place is known as well."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._aliases: dict[tuple[int, int], yaml.Mark] = {}

    def compose_node(self, parent: yaml.Node | None, index: int | yaml.Node) -> yaml.Node | None:
        """The next node; `index` is its number in a list, or the key whose value it is."""
        if not self.check_event(yaml.AliasEvent):
            return super().compose_node(parent, index)  # type: ignore[arg-type] # also a node in a mapping
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self._aliases[_child(parent, index)] = event.start_mark
        if event.anchor in self.anchors:
            return super().compose_node(parent, index)  # type: ignore[arg-type]
        self.get_event()  # type: ignore[no-untyped-call]
        return Hole(event.anchor, event.start_mark, event.end_mark)

    def alias(self, parent: yaml.Node, index: int | yaml.Node) -> yaml.Mark | None:
        """Where the alias stands by which this child of the parent is reached; None if it stands there itself."""
        return self._aliases.get(_child(parent, index))


def _child(parent: yaml.Node | None, index: int | yaml.Node) -> tuple[int, int]:
    return id(parent), index if isinstance(index, int) else id(index)
