import keras
import matplotlib.pyplot as plt

(x, y), (tx, ty) = keras.datasets.mnist.load_data()
x, tx = x[:2000].reshape(2000, 784), tx.reshape(10000, 784)
y, ty = keras.utils.to_categorical(y[:2000], 10), keras.utils.to_categorical(ty, 10)


class EarlyStopping(keras.callbacks.Callback):
    monitor, patience, wait, stopped_epoch = "loss", 0, 1, 0

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


model = keras.Sequential([keras.Input((784,)), *[keras.layers.Dense(50, "sigmoid") for _ in range(4)]])
model.add(keras.layers.Dense(10, "softmax"))
model.compile(keras.optimizers.SGD(0.001), "categorical_crossentropy", metrics=["accuracy"])
h = model.fit(x, y, batch_size=256, epochs=100, validation_split=0.3, callbacks=[EarlyStopping()], verbose=0).history
plt.plot(h["accuracy"])
plt.plot(h["val_accuracy"])
plt.show()
model.evaluate(tx, ty, verbose=0)
