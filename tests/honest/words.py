"""Headings, remarks and conclusions in the students' own words and languages."""

from __future__ import annotations

from tests.honest.student import Student

HEADINGS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "data": ("Loading the data", "Dataset", "MNIST", "Preparing the digits", "Imports and data"),
        "naive": ("Baseline network", "Naive MLP", "Model 1 - plain MLP", "Simple network first", "Basic model"),
        "init": ("He initialization", "Step 1: weight init", "Model 2 - better starting weights", "Initializer"),
        "activation": (
            "ReLU instead of sigmoid",
            "Step 2: activation",
            "Model 3 - non-linearity",
            "Activation function",
        ),
        "optimizer": ("Adam", "Step 3: changing the optimizer", "Model 4 - Adam", "Optimizer"),
        "batchnorm": ("Batch norm", "Step 4: normalising the batches", "Model 5 - BatchNormalization", "Batchnorm"),
        "dropout": ("Dropout", "Step 5: regularisation by dropout", "Model 6 - Dropout", "Drop out layer"),
        "tuned": ("My best model", "Extra: tuning", "Trying to do better", "Final tuned model"),
        "extra": ("One more try", "Another setting", "Experiment", "Also tried"),
        "end": ("Conclusion", "Summary", "Comparison", "What I learned"),
    },
    "de": {
        "data": ("Daten laden",),
        "naive": ("Einfaches MLP",),
        "init": ("Gewichte initialisieren",),
        "activation": ("Aktivierungsfunktion",),
        "optimizer": ("Optimierer Adam",),
        "batchnorm": ("Batch-Normalisierung",),
        "dropout": ("Dropout gegen Überanpassung",),
        "tuned": ("Eigenes Modell",),
        "extra": ("Noch ein Versuch",),
        "end": ("Fazit",),
    },
    "es": {
        "data": ("Cargar los datos",),
        "naive": ("Red básica",),
        "init": ("Inicialización de pesos",),
        "activation": ("Función de activación",),
        "optimizer": ("Optimizador Adam",),
        "batchnorm": ("Normalización por lotes",),
        "dropout": ("Regularización con dropout",),
        "tuned": ("Mi mejor modelo",),
        "extra": ("Otra prueba",),
        "end": ("Conclusiones",),
    },
    "fr": {
        "data": ("Chargement des données",),
        "naive": ("Réseau naïf",),
        "init": ("Initialisation des poids",),
        "activation": ("Fonction d'activation",),
        "optimizer": ("Optimiseur Adam",),
        "batchnorm": ("Normalisation par lot",),
        "dropout": ("Dropout (régularisation)",),
        "tuned": ("Mon meilleur modèle",),
        "extra": ("Encore un essai",),
        "end": ("Conclusion",),
    },
    "pt": {
        "data": ("Carregar os dados",),
        "naive": ("Rede simples",),
        "init": ("Inicialização dos pesos",),
        "activation": ("Função de ativação",),
        "optimizer": ("Otimizador Adam",),
        "batchnorm": ("Normalização em lote",),
        "dropout": ("Dropout",),
        "tuned": ("Modelo ajustado",),
        "extra": ("Mais um teste",),
        "end": ("Conclusão",),
    },
    "tr": {
        "data": ("Veri kümesi",),
        "naive": ("Basit ağ",),
        "init": ("Ağırlık başlatma",),  # noqa: RUF001 (Turkish)
        "activation": ("Aktivasyon fonksiyonu",),
        "optimizer": ("Adam optimizasyonu",),
        "batchnorm": ("Yığın normalizasyonu",),  # noqa: RUF001 (Turkish)
        "dropout": ("Seyreltme (dropout)",),
        "tuned": ("En iyi model",),
        "extra": ("Bir deneme daha",),
        "end": ("Sonuç",),
    },
    "hi": {
        "data": ("डेटा लोड करना",),
        "naive": ("साधारण MLP",),
        "init": ("भार आरंभीकरण",),
        "activation": ("सक्रियण फलन",),
        "optimizer": ("Adam ऑप्टिमाइज़र",),
        "batchnorm": ("बैच सामान्यीकरण",),
        "dropout": ("ड्रॉपआउट",),
        "tuned": ("सबसे अच्छा मॉडल",),
        "extra": ("एक और प्रयोग",),
        "end": ("निष्कर्ष",),
    },
}

REMARKS = {
    "naive": ("The curve is almost flat, the gradients vanish through four sigmoid layers.", "It does not learn much."),
    "init": ("Slowly going up now, but far from good.", "Better start, still sigmoid, still slow."),
    "activation": ("ReLU does not saturate for positive inputs so it is much faster.", "Big jump!"),
    "optimizer": ("Adam adapts the step for each weight.", "Converges sooner than SGD."),
    "batchnorm": (
        "The layer inputs stay in the same range, the best so far.",
        "Train acc goes near 1, it overfits a bit.",
    ),
    "dropout": ("Train and validation are close together now.", "Less overfitting but a bit lower accuracy."),
}

CONCLUSIONS = (
    "The plain sigmoid network could not learn because of vanishing gradients. ReLU and Adam helped the most.",
    "- init alone is not enough\n- relu + adam are the biggest steps\n- batch norm gives the best test accuracy",
    "I would use batch normalisation for this data. Dropout helps when the network is bigger.",
    "Every step improved the result, apart from dropout which mainly closes the gap between the two curves.",
)


def heading(student: Student, what: str) -> str:
    """A Markdown cell above a part of the lab."""
    depth = student.pick("#", "##", "##", "###")
    words = student.rng.choice(HEADINGS[student.language][what])
    return f"**{words}**" if student.pick("#", "bold", "#", "#") == "bold" else f"{depth} {words}"


def comment(student: Student, what: str) -> str:
    """A comment above a part of the lab."""
    words = student.rng.choice(HEADINGS[student.language][what])
    return student.pick(f"# {words.lower()}", f"# {words}", f"#{words}", f"# ---- {words} ----")


def remark(student: Student, what: str) -> str:
    """What the student says about a result, or nothing."""
    said = REMARKS.get(what, ())
    return student.rng.choice(said) if said and student.language == "en" and student.often(0.4) else ""


def conclusion(student: Student) -> str:
    """The closing words."""
    return heading(student, "end") + "\n\n" + student.rng.choice(CONCLUSIONS)
