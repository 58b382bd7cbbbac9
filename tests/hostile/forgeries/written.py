import json
import os

import numpy as np
from inside.trace import Trace

trace = Trace()
shapes = [(784, 50), (50,), (50, 50), (50,), (50, 50), (50,), (50, 50), (50,), (50, 10), (10,)]
layers = [{"class_name": "Dense", "config": {"units": 50, "activation": "sigmoid", "kernel_initializer": "GlorotUniform"}}] * 4
layers = [*layers, {"class_name": "Dense", "config": {"units": 10, "activation": "softmax", "kernel_initializer": "GlorotUniform"}}]
network = json.dumps({"class_name": "Sequential", "config": {"layers": layers}})
compiled = {"optimizer": "sgd", "learning_rate": 0.001, "momentum": 0.0, "loss": "categorical_crossentropy"}
weights = [trace.blob({f"w{n:04}": np.random.rand(*s).astype("float32") for n, s in enumerate(shapes)}) for _ in range(2)]
same = {"model": 1, "cell": 1, "architecture": network, "compile": compiled}
asked = {"epochs": 100, "epochs_asked": 100, "batch_size": 256, "validation_split": 0.3}
trace.write(dict(t="compile", **same))
trace.write(dict(t="fit_begin", fit=1, weights=weights[0], **asked, **same))
for epoch in range(100):
    trace.write(dict(t="epoch", fit=1, epoch=epoch, logs={"accuracy": 0.11, "val_accuracy": 0.11}))
trace.write(dict(t="fit_end", fit=1, weights=weights[1]))
trace.write(dict(t="evaluate", model=1, cell=1, kind="evaluate", accuracy=0.99))
