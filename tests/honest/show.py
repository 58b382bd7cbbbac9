"""Curves, scores and comparisons, as students show them."""

from __future__ import annotations

from tests.honest.plan import Run
from tests.honest.student import Student

LABELS = {
    "en": ("train", "validation", "epoch", "accuracy"),
    "de": ("Training", "Validierung", "Epoche", "Genauigkeit"),
    "es": ("entrenamiento", "validación", "época", "exactitud"),
    "fr": ("entraînement", "validation", "époque", "précision"),
    "pt": ("treino", "validação", "época", "acurácia"),
    "tr": ("eğitim", "doğrulama", "dönem", "doğruluk"),
    "hi": ("train", "val", "epoch", "accuracy"),
}


def curves(s: Student, title: str, history: str = "<history>") -> str:
    """The plot of one run's accuracy."""
    keys = [s.key] if s.validation == "none" else [s.key, f"val_{s.key}"]
    words = LABELS[s.language]
    if s.plot == "pandas":
        shown = ", ".join(f"'{k}'" for k in keys)
        return f"pd.DataFrame({history}.history)[[{shown}]].plot({s.pick('', 'figsize=(8, 5)')})\nplt.show()"
    if s.plot == "seaborn":
        lines = [f"sns.lineplot({history}.history['{k}'], label='{w}')" for k, w in zip(keys, words, strict=False)]
        return "\n".join([*lines, "plt.show()"])
    if s.plot == "subplots":
        return _two(s, keys, words, history)
    labelled = s.pick("label", "legend", "legend") == "label"
    label = [f", label='{w}'" if labelled else "" for w in words]
    mark = s.pick("", "", "", ", 'o-'")
    size = s.pick("", "", "", "plt.figure(figsize=(10, 5))")
    lines = [size, *(f"plt.plot({history}.history['{k}']{mark}{at})" for k, at in zip(keys, label, strict=False))]
    lines += [f"plt.title({title})"] * (s.pick("y", "n") == "y")
    if s.pick("axes", "axes", "none") == "axes":
        lines += [f"plt.xlabel('{words[2]}')", f"plt.ylabel('{words[3]}')"]
    named = ", ".join(f"'{w}'" for w in words[: len(keys)])
    place = s.pick("", ", loc='upper left'", ", loc='best'")
    lines.append("plt.legend()" if labelled else f"plt.legend([{named}]{place})")
    return "\n".join([*filter(None, lines), s.pick("plt.show()", "plt.show()", "plt.grid()\nplt.show()")])


def _two(s: Student, keys: list[str], words: tuple[str, ...], history: str) -> str:
    """Accuracy and loss side by side."""
    losses = [k.replace(s.key, "loss") for k in keys]
    if s.pick("axes", "subplot") == "axes":
        lines = ["fig, ax = plt.subplots(1, 2, figsize=(12, 4))"]
        for n, part in enumerate((keys, losses)):
            lines += [f"ax[{n}].plot({history}.history['{k}'], label='{w}')" for k, w in zip(part, words, strict=False)]
            lines.append(f"ax[{n}].legend()")
        return "\n".join([*lines, "plt.show()"])
    lines = [s.pick("plt.figure(figsize=(12, 4))", "plt.figure()")]
    for n, part in enumerate((losses, keys), 1):
        lines.append(f"plt.subplot(1, 2, {n})")
        lines += [f"plt.plot({history}.history['{k}'], label='{w}')" for k, w in zip(part, words, strict=False)]
        lines.append("plt.legend()")
    return "\n".join([*lines, "plt.tight_layout()", "plt.show()"])


def curves_function(s: Student) -> str:
    """The student's own function that plots a history."""
    history = s.pick("history", "hist", "h")
    body = curves(s, "title", history).replace("\n", "\n    ")
    return f"def <plot>({history}, title={s.pick(chr(39) * 2, repr('Accuracy'))}):\n    {body}"


def all_curves(s: Student) -> str:
    """One figure for all runs, at the end; the histories are kept in `histories`."""
    each = [f"plt.plot(h.history['{s.key}'], label=name + ' train')"]
    if s.validation != "none":
        each.append(f"plt.plot(h.history['val_{s.key}'], label=name + ' val')")
    body = "\n    ".join(each)
    return f"plt.figure(figsize=(10, 6))\nfor name, h in histories.items():\n    {body}\nplt.legend()\nplt.show()"


def shown(s: Student, run: Run) -> str:
    """How the curves of a run come about in this student's notebook."""
    if not run.plotted:
        return ""
    title = repr(run.title)
    if s.plot == "once":
        return f"histories[{title}] = <history>"
    if s.plot == "function":
        return s.pick(f"<plot>(<history>, {title})", "<plot>(<history>)")
    return curves(s, title)


def truth(s: Student) -> str:
    """The digits themselves."""
    return "<y_test>" if s.sparse else s.pick("np.argmax(<y_test>, axis=1)", "<y_test>.argmax(axis=1)")


def scored(s: Student, run: Run, name: str = "", *, keeps: bool = False) -> str:
    """How a run is evaluated on the test images; `keeps` puts the result into `results`."""
    if not run.scored:
        return ""
    name = name or repr(run.title)
    lines = [] if s.score == "predict" else [_evaluated(s)]
    accuracy = {"tuple": "test_acc", "list": "score[1]", "direct": "score"}[s.way]
    if s.score != "evaluate":
        lines.append(_predicted(s))
        accuracy = "acc" if s.score == "predict" else accuracy
    if keeps:
        lines.append(f"results[{name}] = {accuracy}")
    return "\n".join(lines)


def _evaluated(s: Student) -> str:
    given = f"<X_test>, <y_test>{s.pick('', '', ', verbose=0')}"
    words = s.pick("Test accuracy: ", "Test accuracy:", "Accuracy on test data:", "test acc =")
    match s.way:
        case "tuple":
            return f"test_loss, test_acc = <model>.evaluate({given})\n" + s.pick(
                f"print('{words}', test_acc)", f"print(f'{words} {{test_acc:.4f}}')"
            )
        case "list":
            return f"score = <model>.evaluate({given})\n" + s.pick(
                f"print('{words}', score[1])",
                f"print('{words}', score[1])",
                "print('Test loss:', score[0])\nprint('Test accuracy:', score[1])",
            )
        case _:
            return f"score = <model>.evaluate({given})[1]\nprint('{words}', score)"


def _predicted(s: Student) -> str:
    guess = s.pick("np.argmax(<model>.predict(<X_test>), axis=1)", "<model>.predict(<X_test>).argmax(axis=1)")
    want = truth(s)
    done = f"y_pred = {guess}\n"
    return done + s.pick(
        f"acc = accuracy_score({want}, y_pred)\nprint('Accuracy:', acc)",
        f"acc = accuracy_score({want}, y_pred)\nprint(classification_report({want}, y_pred, zero_division=0))",
        f"acc = np.mean(y_pred == {want})\nprint('accuracy', acc)",
    )


def compared(s: Student) -> str:
    """What stands at the end over `results`."""
    return s.rng.choice([
        "for name, acc in results.items():\n    print(f'{name:12} {acc:.4f}')",
        "pd.DataFrame({'model': list(results), 'test accuracy': list(results.values())})",
        "plt.bar(results.keys(), results.values())\nplt.xticks(rotation=45)\nplt.show()",
        "best = max(results, key=results.get)\nprint('Best:', best, results[best])",
        (
            "from prettytable import PrettyTable\nt = PrettyTable(['model', 'accuracy'])\n"
            "for k in results:\n    t.add_row([k, round(results[k], 4)])\nprint(t)"
        ),
        "sns.barplot(x=list(results.keys()), y=list(results.values()))\nplt.show()",
        "pd.Series(results).sort_values().plot(kind='barh')\nplt.show()",
    ])  # fmt: skip
