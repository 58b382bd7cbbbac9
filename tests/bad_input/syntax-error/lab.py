import keras
from keras import layers

(X, y), _ = keras.datasets.mnist.load_data()
X = X.reshape(60000, 784)[:2000]
y = keras.utils.to_categorical(y[:2000])

model = keras.Sequential(
    [keras.Input((784,))] + [layers.Dense(50, activation="sigmoid") for _ in range(4)] + [layers.Dense(10, activation="softmax")]
)
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(X, y, batch_size=256, epochs=1, validation_split=0.3, verbose=0)
