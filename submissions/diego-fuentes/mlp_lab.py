"""Laboratorio 2: hyper parameter tuning and regularization of an MLP on MNIST.

Diego Fuentes
"""

import matplotlib.pyplot as plt
from keras import Input, Sequential
from keras.datasets import mnist
from keras.layers import Activation, BatchNormalization, Dense, Dropout
from keras.optimizers import SGD, Adam
from keras.utils import to_categorical
from sklearn.model_selection import train_test_split

EPOCHS = 5  # the lab says 100, but my computer needs half an hour for that


def load_data():
    (X_train, y_train), (X_test, y_test) = mnist.load_data()
    X_train = X_train.reshape((X_train.shape[0], -1))
    X_test = X_test.reshape((X_test.shape[0], -1))
    X_train, _, y_train, _ = train_test_split(X_train, y_train, test_size=0.67, random_state=7)
    return X_train, to_categorical(y_train), X_test, to_categorical(y_test)


def naive_mlp():
    model = Sequential()
    model.add(Input((784,)))
    for _ in range(4):
        model.add(Dense(50))
        model.add(Activation("sigmoid"))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(optimizer=SGD(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def he_mlp():
    model = Sequential()
    model.add(Input((784,)))
    for _ in range(4):
        model.add(Dense(50, kernel_initializer="he_normal"))
        model.add(Activation("sigmoid"))
    model.add(Dense(10, kernel_initializer="he_normal"))
    model.add(Activation("softmax"))
    model.compile(optimizer=SGD(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def relu_mlp():
    model = Sequential()
    model.add(Input((784,)))
    for _ in range(4):
        model.add(Dense(50))
        model.add(Activation("relu"))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(optimizer=SGD(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def adam_mlp():
    model = Sequential()
    model.add(Input((784,)))
    for _ in range(4):
        model.add(Dense(50))
        model.add(Activation("elu"))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(optimizer=Adam(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def batch_norm_mlp():
    model = Sequential()
    model.add(Input((784,)))
    for _ in range(4):
        model.add(Dense(50))
        model.add(BatchNormalization())
        model.add(Activation("elu"))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(optimizer=Adam(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def dropout_mlp():
    model = Sequential()
    model.add(Input((784,)))
    for _ in range(4):
        model.add(Dense(50))
        model.add(Activation("elu"))
        model.add(Dropout(0.2))
    model.add(Dense(10))
    model.add(Activation("softmax"))
    model.compile(optimizer=Adam(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def plot_accuracy(history, title):
    plt.figure()
    plt.plot(history.history["accuracy"])
    plt.plot(history.history["val_accuracy"])
    plt.legend(["training", "validation"], loc="upper left")
    plt.title(title)
    plt.xlabel("epoch")
    plt.ylabel("accuracy")
    plt.show()


def main():
    X_train, y_train, X_test, y_test = load_data()
    print(X_train.shape, X_test.shape, y_train.shape, y_test.shape)

    builders = [naive_mlp, he_mlp, relu_mlp, adam_mlp, batch_norm_mlp, dropout_mlp]
    for builder in builders:
        model = builder()
        batch_size = 256 if builder is naive_mlp else 32
        history = model.fit(
            X_train, y_train, batch_size=batch_size, epochs=EPOCHS, validation_split=0.3, verbose=0
        )
        plot_accuracy(history, builder.__name__)
        loss, accuracy = model.evaluate(X_test, y_test, verbose=0)
        print(f"{builder.__name__}: test accuracy {accuracy:.4f}")


if __name__ == "__main__":
    main()
