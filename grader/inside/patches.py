"""Every name of another library that is replaced beside the student's code: one table, and one loop, done and undone.

Who replaces something yields a change under a target of `TABLE`, and `Patches` makes each before the next is asked for:
who comes later finds, and may wrap, what came before. Functions that IPython calls by its own events, and a finder's
modules, replace nothing and are not listed. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

GONE = object()
"""In place of a value: there is no such name."""
PUT_BACK = "the former value is put back"
TAKEN_OFF = "what was added is taken off"
ITSELF = "not by the loop: "
"""Before how it ends."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One row of the table."""

    targets: tuple[str, ...]
    """As a student's program names them; `*` where there are many."""
    why: str
    versions: str = "all"
    """Of the library, in which it is needed."""
    undo: str = PUT_BACK


class Replacement(Protocol):
    """What is done to one name or one list."""

    @property
    def target(self) -> str:
        """A target of `TABLE`."""

    def make(self) -> Callable[[], None]:
        """Does it, and returns what undoes it."""


@dataclass(frozen=True, slots=True)
class Change:
    """A name of a module, a class, an object or a dictionary has another value (GONE: is deleted)."""

    target: str
    owner: Any
    name: str
    value: Any = GONE

    def make(self) -> Callable[[], None]:
        """Undone only while nobody has replaced it in turn: what a student put there is theirs."""
        former = _found(self.owner, self.name)
        _put(self.owner, self.name, self.value)

        def undo() -> None:
            if _found(self.owner, self.name) is self.value:
                _put(self.owner, self.name, former)

        return undo


@dataclass(frozen=True, slots=True)
class Entry:
    """One more entry of a list, at its beginning or its end."""

    target: str
    entries: list[Any]
    value: Any
    first: bool = True

    def make(self) -> Callable[[], None]:
        """Undone if it is still there: a finder takes itself off the list."""
        self.entries.insert(0 if self.first else len(self.entries), self.value)

        def undo() -> None:
            if self.value in self.entries:
                self.entries.remove(self.value)

        return undo


class Patches:
    """What has been replaced in this process so far."""

    def __init__(self) -> None:
        self.made: list[tuple[Replacement, Callable[[], None]]] = []

    def install(self, replacements: Iterable[Replacement]) -> None:
        """Each is made before the next is looked for."""
        for one in replacements:
            self.made.append((one, one.make()))

    def undo(self) -> None:
        """The last first, so that what was replaced twice ends as it began."""
        while self.made:
            self.made.pop()[1]()


def _found(owner: Any, name: str) -> Any:
    """As it is kept, not as it is given: a static method stays one."""
    kept = owner if isinstance(owner, dict) else getattr(owner, "__dict__", {})
    if name in kept:
        return kept[name]
    # A slot, as the code of a function.
    return getattr(owner, name) if hasattr(getattr(type(owner), name, None), "__set__") else GONE


def _put(owner: Any, name: str, value: Any) -> None:
    match owner, value is GONE:
        case dict(), True:
            owner.pop(name, None)
        case dict(), False:
            owner[name] = value
        case _, True:
            delattr(owner, name)
        case _:
            setattr(owner, name, value)


KERAS_3 = "Keras 3: what Keras 1 and 2 called otherwise"
TABLE: tuple[Patch, ...] = (
    # ------------------------------------------------------------ recording
    Patch(
        ("keras.Model.compile", "keras.Model.fit", "keras.Model.evaluate", "keras.Model.predict"),
        "what was trained, on what, how and how far is seen in these four calls, which every model inherits",
    ),
    Patch(
        (
            "keras.Model.predict_on_batch",
            "keras.Model.test_on_batch",
            "keras.Model._maybe_build",
            "keras.*.PyDatasetAdapter._standardize_batch",
        ),
        "other ways to ask a network, or to hand it images, than by arrays in the four calls",
    ),
    Patch(
        ("keras.Model.train_on_batch", "keras.optimizers.Optimizer.apply"),
        "a training loop of the student's own goes past fit, and is noticed at its first step",
    ),
    Patch(
        tuple(f"matplotlib.axes.Axes.{name}" for name in ("plot", "scatter", "bar", "errorbar")),
        "pyplot, pandas and seaborn all draw by these: a curve is known by its values",
    ),
    Patch(
        ("matplotlib.lines.Line2D.set_ydata",),
        "a curve that is drawn while the network is trained may be one line that grows",
    ),
    Patch(("gc.unfreeze",), "the collector hands out nothing of ours, the way out of the sandbox among it"),
    Patch(("IPython shell.compile",), "errors name cell 3 or lab.py in place of a file that the kernel makes up"),
    # ------------------------------------------------------------ seeding
    Patch(
        ("random.seed", "numpy.random.seed"),
        "who seeds is left alone from then on; a seed of None becomes one of ours",
    ),
    Patch(
        ("os.urandom", "random._urandom", "random.Random.seed"),
        "default_rng(), RandomState(), random.Random(), secrets and uuid4 begin there: the same code draws the same",
    ),
    Patch(
        ("tensorflow.random.Generator.from_non_deterministic_state",),
        "TensorFlow asks the system in C++, past os.urandom",
    ),
    # ------------------------------------------------------------ fast_fit
    Patch(
        ("model.train_function", "model.test_function", "model.predict_function", "model.steps_per_execution"),
        "a whole epoch runs in one graph, with the same bits",
        undo=ITSELF + "they belong to one model and one call, after which Plan.in_force makes them the student's again",
    ),
    # ------------------------------------------------------------ environment: data
    Patch(
        ("keras.src.datasets.*.get_file",),
        "every alias of load_data looks this name up here: MNIST comes from the mounted folder, others are refused",
    ),
    Patch(
        ("builtins.open", "io.open", "IPython user_ns['open']"),
        "the files of MNIST are found under any path that a program names",
    ),
    Patch(
        (
            "urllib.request.urlretrieve",
            "urllib.request.urlopen",
            "requests.Session.send",
            "keras.src.utils.file_utils.urlretrieve",
            "keras.src.utils.file_utils.validate_file",
        ),
        "the same files from any of their addresses, without a network",
    ),
    Patch(
        ("keras.callbacks.TensorBoard.on_*", "keras.callbacks.TensorBoard.set_model", "tensorflow.summary.*"),
        "TensorBoard is not installed here; what it would log changes no result",
    ),
    Patch(
        ("tensorflow.config.*device*",),
        "what is set for the first GPU is left out here, where there is none: it changes no result",
    ),
    Patch(
        ("tensorflow.python.eager.context.Context.ensure_initialized",),
        "a program may set TensorFlow's threads, and it computes with ours: the same code gives the same bits",
    ),
    Patch(("sklearn.datasets.fetch_openml",), "MNIST from OpenML, without a network"),
    Patch(
        ("sklearn.datasets.fetch_mldata",),
        "old notebooks load MNIST by it",
        "scikit-learn 0.24 and later, which has it no more",
        TAKEN_OFF,
    ),
    # ------------------------------------------------------------ environment: the shell and the machine
    Patch(
        ("IPython shell.system", "IPython shell.run_line_magic", "IPython shell.run_cell_magic"),
        "!pip and wget would try for minutes to reach a network; a magic that is not there must not end the cell",
    ),
    Patch(
        ("ipykernel kernel.raw_input", "ipykernel kernel.getpass"),
        "nobody answers: from here ipykernel takes what it puts in the place of input and getpass before each cell",
        undo=TAKEN_OFF,
    ),
    Patch(
        ("multiprocessing.process.BaseProcess.start", "subprocess.Popen.__init__", "os.system"),
        "another Python is started as always, and it is told that what it trains is not seen",
    ),
    Patch(("os.chdir",), "Colab's and other machines' folders are not here: the program stays where its files are"),
    Patch(
        ("matplotlib.use", "matplotlib.pyplot.switch_backend"),
        "there is no screen, and a backend that needs one would end the cell",
    ),
    Patch(("matplotlib.style.use",), "seaborn's styles under their old names", "Matplotlib 3.8 and later"),
    Patch(
        ("tqdm.tqdm_notebook", "tqdm.tnrange", "tqdm.notebook.*"),
        "they draw with widgets, which are not there, and raise: they print instead",
    ),
    Patch(
        ("IPython user_ns", "sys.argv"),
        "a module sees its own name, and exit() ends it; for modules only",
    ),
    Patch(("sys.path",), "a program may import what lies beside it", undo=TAKEN_OFF),
    # ------------------------------------------------------------ environment: imports
    Patch(
        ("IPython shell.ast_transformers", "builtins._grader_missing"),
        "an import that fails takes only its own name with it, not the whole cell",
        undo=TAKEN_OFF,
    ),
    Patch(
        ("sys.meta_path: stand-ins",),
        "packages that only draw, print or log are stood in for; last, so that it is asked for what nobody else has",
        undo=TAKEN_OFF,
    ),
    Patch(
        ("sys.meta_path: grader",),
        "%load_ext grader, left in from writing, does nothing here; first, since the real one may be installed too",
        undo=TAKEN_OFF,
    ),
    Patch(
        ("sys.meta_path: arrivals",),
        "libraries are changed when the program imports them, so that who does not import them does not wait",
        undo=TAKEN_OFF,
    ),
    Patch(
        ("sys.modules['google.colab.*']",),
        "files.upload and drive.mount do nothing here",
        undo=ITSELF + "made when a program imports them, and gone with its process",
    ),
    Patch(
        ("sys.modules['rfc3987_syntax']",),
        "where a whole Jupyter is installed, nbformat's validator builds a grammar of web addresses for two seconds",
        undo=ITSELF + "in the process that runs the cells, which reads one notebook and ends",
    ),
    # ------------------------------------------------------------ compat
    Patch(("numpy.__getattr__",), "np.float, np.Inf and their like", "NumPy 1.20 and later"),
    Patch(("sklearn.preprocessing.OneHotEncoder.__init__",), "OneHotEncoder(sparse=…)", "scikit-learn 1.4 and later"),
    Patch(
        ("sys.meta_path: old modules",),
        "keras.utils.np_utils and its like; first, to listen in on the modules that are there, too",
        KERAS_3,
        TAKEN_OFF,
    ),
    Patch(
        ("a Keras module's loader.exec_module",),
        "a public module of Keras that is loaded later gets its old names then",
        KERAS_3,
        ITSELF + "on the loader of one module, made for this import and used once",
    ),
    Patch(
        ("keras.*.__getattr__",),
        "names that its public modules had; asked only for what is not there",
        KERAS_3,
    ),
    Patch(
        ("keras.optimizers.legacy.*", "keras.backend.*"),
        "there, but functions that raise, or that do not know today's variables: deleted, so that __getattr__ is asked",
        KERAS_3,
    ),
    Patch(
        ("keras.* in old_names.ARGUMENTS",),
        "arguments under their old names; the classes stay the objects that they are",
        KERAS_3,
    ),
    Patch(("keras.Model.compile(metrics)",), "metrics='accuracy', and metrics as the third argument", KERAS_3),
    Patch(("keras.* in old_names.METHODS",), "predict_classes, optimizer.lr and their like", KERAS_3),
    Patch(
        ("keras.Model.save", "keras.Model.save_weights", "keras.Model.load_weights", "keras.models.load_model"),
        "file names without the ending that Keras 3 asks for; loading finds what was saved so",
        KERAS_3,
    ),
    Patch(("keras.callbacks.ModelCheckpoint.__init__",), "the same for its file", KERAS_3),
    Patch(("keras.utils.plot_model", "keras.utils.model_to_dot"), "without graphviz they raise: here, no picture"),
    Patch(
        ("keras.src.utils.python_utils.pythonify_logs", "keras.callbacks.*.set_model"),
        "logs['acc'] and monitor='val_acc' in callbacks",
        "Keras 2.3 and later",
    ),
    Patch(("keras.activations.get",), "'ReLU', and names in custom_objects", KERAS_3),
    Patch(("keras.* in old_uses.VALUES", "keras.* in old_uses.SHAPES"), "SGD(1), Input(shape=(784))", KERAS_3),
    Patch(("keras.Model.fit(one optimizer)",), "one optimizer for several models", KERAS_3),
    Patch(("tensorflow dispatchers",), "tf.nn.relu and its like between layers", KERAS_3, TAKEN_OFF),
    Patch(("tensorflow.*.__getattr__",), "names of TensorFlow 1", "TensorFlow 2"),
    Patch(
        ("tensorflow.compat.v1.disable_*",),
        "they would take from Keras 3 the ground that it stands on: their code is replaced, since they have many names",
        "TensorFlow 2",
    ),
)  # fmt: skip
"""All of them, by room."""
