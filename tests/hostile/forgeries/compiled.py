import keras

model = keras.Sequential([keras.Input((784,)), *[keras.layers.Dense(50, "sigmoid") for _ in range(4)]])
model.add(keras.layers.Dense(10, "softmax"))
model.compile(keras.optimizers.SGD(0.001), "categorical_crossentropy", metrics=["accuracy"])
