"""One student: a source of chance, names for things, and habits that hold for the whole lab."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.similarity.honest import Writer

LEVELS = {"strong": 25, "ordinary": 55, "weak": 20}
LANGUAGES = {"en": 78, "de": 4, "es": 5, "fr": 4, "pt": 3, "tr": 3, "hi": 3}
"""Of headings and comments."""
APIS = {"keras": 34, "keras.layers": 16, "tf from": 26, "tf.keras": 14, "old": 10}
LAYOUTS = {"written out": 28, "numbered": 22, "redefined": 24, "builders": 6, "options": 13, "table": 7}
FORMS = {"add": 52, "list": 33, "functional": 6, "loop": 9}
SUBSETS = {"split": 72, "stratified": 3, "slice": 8, "permutation": 4, "all": 13}
SCALES = {"raw": 42, "255": 45, "standard": 4, "mean": 5, "layer": 4}
VALIDATIONS = {"split 0.3": 62, "split 0.2": 13, "test": 14, "apart": 8, "none": 3}
SOURCES = {"load_data": 93, "idx": 2, "openml": 3, "npz": 2}
SCORES = {"evaluate": 78, "predict": 12, "both": 10}
PLOTS = {"plain": 50, "function": 22, "subplots": 14, "pandas": 6, "seaborn": 3, "once": 5}
CALLBACKS = {"": 92, "early_stop": 4, "checkpoint": 3, "reduce_lr": 1}


def drawn(rng: Random, shares: dict[str, int]) -> str:
    """One of the keys, as often as its share says."""
    return rng.choices(list(shares), list(shares.values()))[0]


@dataclass
class Student(Writer):
    """What is drawn once and holds for all that this student writes; `count` is the number of epochs."""

    count: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.names["build"] == self.names["model"]:
            self.names["build"] = "create_model"
        self.level = drawn(self.rng, LEVELS)
        self.language = drawn(self.rng, LANGUAGES)
        self.api = drawn(self.rng, APIS)
        self.layout = drawn(self.rng, LAYOUTS)
        self.form = drawn(self.rng, FORMS)
        self.subset = drawn(self.rng, SUBSETS)
        self.scale = drawn(self.rng, SCALES)
        self.validation = drawn(self.rng, VALIDATIONS)
        self.source = drawn(self.rng, SOURCES)
        self.score = drawn(self.rng, SCORES)
        self.plot = drawn(self.rng, PLOTS)
        self.script = self.often(0.12)
        self.flatten_layer = self.often(0.14) and self.scale not in {"standard", "mean"} and self.source != "openml"
        self.activation_apart = self.often(0.5)
        self.metric = drawn(self.rng, {"accuracy": 90, "acc": 10})
        self.constant = self.often(0.2)
        self.epochs = self.pick("EPOCHS", "epochs", "n_epochs") if self.constant else str(self.count)
        self.markdown = not self.script and self.often(0.75)
        self.way = drawn(self.rng, {"tuple": 3, "list": 5, "direct": 2})
        self.numbering = drawn(self.rng, {"{name}{n}": 3, "{name}_{n}": 2})
        self.keeps = self.often(0.35)
        self.tags = self.often(0.06)
        self.comments = self.often(0.5)
        self.key = "acc" if self.api == "old" else self.metric
        self.callback = "" if self.validation == "none" else drawn(self.rng, CALLBACKS)
        self.old_rate = self.api == "old" or self.often(0.12)

    @property
    def tensorflow(self) -> bool:
        return self.api.startswith("tf")

    @property
    def loss(self) -> str:
        return "sparse_categorical_crossentropy" if self.sparse else "categorical_crossentropy"

    def of(self, **shares: int) -> str:
        """One of the names, as often as its share says."""
        return drawn(self.rng, shares)

    def layer(self, kind: str, *arguments: str) -> str:
        """A layer as this student reaches it."""
        start = {"keras.layers": "layers.", "tf.keras": "tf.keras.layers."}.get(self.api, "")
        return f"{start}{kind}({', '.join(a for a in arguments if a)})"

    def network(self, given: str = "") -> str:
        """`Sequential(…)`."""
        start = {"keras.layers": "keras.", "tf.keras": "tf.keras."}.get(self.api, "")
        return f"{start}Sequential({given})"

    def optimizer(self, kind: str, rate: float | None) -> str:
        """An optimizer by its class."""
        start = {"keras.layers": "keras.optimizers.", "tf.keras": "tf.keras.optimizers."}.get(self.api, "")
        given = f"{rate:g}" if rate else ""
        if rate and not self.often(0.12):
            given = f"{'lr' if self.old_rate else 'learning_rate'}={rate:g}"
        return f"{start}{kind}({given})"
