import keras
import matplotlib.pyplot as plt

(x, y), (tx, ty) = keras.datasets.mnist.load_data()
x, tx = x[:2000].reshape(2000, 784), tx.reshape(10000, 784)
y, ty = keras.utils.to_categorical(y[:2000], 10), keras.utils.to_categorical(ty, 10)
model = keras.Sequential([keras.Input((784,)), *[keras.layers.Dense(50, "sigmoid") for _ in range(4)]])
model.add(keras.layers.Dense(10, "softmax"))
model.compile(keras.optimizers.SGD(0.001), "categorical_crossentropy", metrics=["accuracy"])
model.evaluate(tx, ty, verbose=0)
h = model.fit(x, y, batch_size=256, epochs=100, steps_per_epoch=1, validation_data=(x[:1], y[:1]), verbose=0).history
plt.plot(h["accuracy"])
plt.plot(h["val_accuracy"])
plt.show()
