"""Import lines in a student's cells: one name that is missing does not take the whole cell with it."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from typing import Any, NoReturn

from ..compat.old_entries import Kind, Old
from ..compat.old_names import PREFIXES
from ..patches import Change, Entry, Replacement
from ..protocol import NOT_INSTALLED
from .stand_ins import COLAB, is_quiet

_PACKAGES = (
    "torch torchvision cv2 keras_tuner kerastuner talos hyperopt optuna tensorflow_addons tensorflow_hub jax flax "
    "theano mxnet lasagne pytorch_lightning skimage xgboost lightgbm statsmodels autokeras imblearn umap "
    "keras_contrib keras_cv keras_nlp keras_hub keras_core fastai mnist dask ray datasets ipywidgets transformers "
    "torchaudio torchmetrics torchinfo torchsummary lightning skorch huggingface_hub diffusers tensorboard "
    "tensorflow_probability tensorflow_text tensorflow_model_optimization tensorflow_io tf_keras tf_slim tflearn "
    "onnx nltk spacy gensim networkx sympy polars pyspark pyarrow catboost mlxtend prettytable rich streamlit "
    "gradio flask sonnet tensorlayer paddle chainer caffe2 bs4 psutil GPUtil pynvml nvidia_smi"
)
PACKAGES = frozenset(_PACKAGES.split())
"""Packages that these notebooks import now and then and that are not installed: no module of the student's."""
MISSING = "_grader_missing"
ERROR = "_grader_error"
PREPARED = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
"""What a student catches who knows that a package may be missing."""
TRAINING = frozenset({"fit", "fit_generator", "train_on_batch", "compile"})

Advise = Callable[[str], None]


class Missing:
    """Stands where an import failed: whoever uses it is told what is missing."""

    def __init__(self, message: str) -> None:
        self.__dict__["_message"] = message

    def _raise(self, *_arguments: Any, **_named: Any) -> NoReturn:
        raise ModuleNotFoundError(self._message)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._raise()

    __call__ = __getitem__ = __iter__ = __setattr__ = __mro_entries__ = _raise


def forgive_imports(shell: Any, advise: Advise) -> Iterator[Replacement]:
    """Every import line of a cell is split into its names, each of which may be missing."""

    def missing(module: str, name: str, error: ImportError) -> Missing:
        message = _words(module, name, error)
        advise(message)
        return Missing(message)

    yield Change(f"builtins.{MISSING}", builtins, MISSING, missing)
    transformers = shell.ast_transformers
    yield Entry("IPython shell.ast_transformers", transformers, ForgivingImports(advise), first=False)


class ForgivingImports(ast.NodeTransformer):
    """Rewrites a parsed cell; lines of its own, since a traceback shows them, stay what they were."""

    def __init__(self, advise: Advise) -> None:
        self._advise = advise

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Imports at the top of a cell may fail; those in a `try` or a function are somebody's own business."""
        # A cell's own docstring and `from __future__` lines keep their place.
        node.body = [new for statement in node.body for new in self._forgiving(statement)]
        self.generic_visit(node)
        return ast.fix_missing_locations(node)

    def visit_Try(self, node: ast.Try) -> ast.Try:
        """A student who is prepared for a missing package is told that it is: `IN_COLAB = False` is true here."""
        if _prepared(node):
            node.body = [_absent(statement) for statement in node.body]
        self.generic_visit(node)
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        """`import tensorflow.python.keras as K` is today's `tensorflow.keras`."""
        for alias in node.names:
            if alias.asname:
                alias.name = self._todays(alias.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        """The same for `from … import …`, where the name may be the module that has moved."""
        if node.level or not node.module:
            return node
        if len(node.names) == 1:
            whole = f"{node.module}.{node.names[0].name}"
            today = self._todays(whole) if whole in PREFIXES else whole
            if today != whole:
                name = node.names[0].asname or node.names[0].name
                return ast.copy_location(ast.Import([ast.alias(today, name)]), node)
        node.module = self._todays(node.module)
        return node

    def _todays(self, name: str) -> str:
        for old, new in PREFIXES.items():
            if name == old or name.startswith(f"{old}."):
                self._advise(Old(Kind.PACKAGE, old, new).advisory)
                return new + name.removeprefix(old)
        return name

    def _forgiving(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        if not isinstance(statement, ast.Import | ast.ImportFrom) or getattr(statement, "module", "") == "__future__":
            yield statement
            return
        for alias in statement.names:
            one = ast.copy_location(_only(statement, alias), statement)
            yield ast.copy_location(_guarded(one, alias), statement)


def _only(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(statement, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(statement.module, [alias], statement.level)


def _guarded(statement: ast.stmt, alias: ast.alias) -> ast.stmt:
    module = statement.module or "" if isinstance(statement, ast.ImportFrom) else alias.name
    name = alias.name if isinstance(statement, ast.ImportFrom) else ""
    told = f"{MISSING}({module!r}, {name!r}, {ERROR})"
    bound = alias.asname or alias.name.split(".")[0]
    # `import a.b` where `a` is there must not take `a` away.
    keep = bound == "*" or (not name and not alias.asname and "." in alias.name)
    rescue = told if keep else f"{bound} = {told}"
    guarded = ast.parse(f"try:\n    pass\nexcept ImportError as {ERROR}:\n    {rescue}").body[0]
    assert isinstance(guarded, ast.Try)  # noqa: S101 (it was written a line above)
    for node in ast.walk(guarded):
        ast.copy_location(node, statement)
    guarded.body = [statement]
    return guarded


def _prepared(node: ast.Try) -> bool:
    """Whether the student has a way without; not where a training would be left out along with the import."""
    inside = [part for statement in node.body for part in ast.walk(statement)]
    if any(isinstance(part, ast.Attribute) and part.attr in TRAINING for part in inside):
        return False
    # The one that `_guarded` writes is the grader's own.
    return any(h.name != ERROR and (h.type is None or _caught(h.type) & PREPARED) for h in node.handlers)


def _caught(kind: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(kind) if isinstance(part, ast.Name)}


def _absent(statement: ast.stmt) -> ast.stmt:
    """The error of an import that only a stand-in would answer; any other statement as it is."""
    match statement:
        case ast.Import(names=aliases):
            modules = [alias.name for alias in aliases]
        case ast.ImportFrom(level=0, module=str(module), names=aliases):
            modules = [module, *(f"{module}.{alias.name}" for alias in aliases)]
        case _:
            return statement
    for module in modules:
        if is_quiet(module) and (module.startswith(COLAB) or PathFinder.find_spec(module.split(".")[0]) is None):
            words = f"No module named {module!r}"
            told = ast.parse(f"raise ModuleNotFoundError({words!r}, name={module!r})").body[0]
            for part in ast.walk(told):
                ast.copy_location(part, statement)
            return told
    return statement


def _words(module: str, name: str, error: ImportError) -> str:
    """What is missing, for people: a file that was not handed in, a package, or a name in a module that is there."""
    if not isinstance(error, ModuleNotFoundError):
        if str(error).startswith("cannot import name"):
            return f"{module} has no {name} in the installed version; what uses it will not run"
        return f"{name or module} could not be imported: {error}"[:500]
    top = (error.name or module).split(".")[0]
    if error.name and error.name != top:
        return f"needs the module {error.name}, which is not there in the installed version of {top}"
    if top in PACKAGES:
        return f"needs the package {top}, which {NOT_INSTALLED}; the lab needs none but Keras and its companions"
    told = f"needs {top}: no file of that name was handed in, and a package of that name {NOT_INSTALLED}"
    return f"{told}; if it is a file of yours, put it beside the notebook"
