# Lab 2 - Priya Natarajan
# run with: python lab2.py

import os
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'

import matplotlib.pyplot as plt
from keras.datasets import mnist
from keras.models import Sequential
from keras.layers import Input, Dense, Activation, BatchNormalization, Dropout
from keras.optimizers import SGD
from keras.utils import to_categorical
from sklearn.model_selection import train_test_split

EPOCHS = 3   # 100 takes too long

# ------------------------------------------------------------ data
(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape((X_train.shape[0], -1))
X_test = X_test.reshape((X_test.shape[0], -1))
X_train, _, y_train, _ = train_test_split(X_train, y_train, test_size=0.67, random_state=7)
y_train = to_categorical(y_train)
y_test = to_categorical(y_test)


def show(history):
    plt.plot(history.history['accuracy'])
    plt.plot(history.history['val_accuracy'])
    plt.legend(['training', 'validation'], loc='upper left')
    plt.show()
    plt.clf()


# ------------------------------------------------------------ naive
model = Sequential()
model.add(Input((784,)))
for i in range(4):
    model.add(Dense(50))
    model.add(Activation('sigmoid'))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(optimizer=SGD(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, batch_size=256, validation_split=0.3, epochs=EPOCHS, verbose=0)
show(history)
print('naive', model.evaluate(X_test, y_test)[1])

# ------------------------------------------------------------ 1. he_normal
model = Sequential()
model.add(Input((784,)))
for i in range(4):
    model.add(Dense(50, kernel_initializer='he_normal'))
    model.add(Activation('sigmoid'))
model.add(Dense(10, kernel_initializer='he_normal'))
model.add(Activation('softmax'))
model.compile(optimizer=SGD(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, validation_split=0.3, epochs=EPOCHS, verbose=0)
show(history)
print('he_normal', model.evaluate(X_test, y_test)[1])

# ------------------------------------------------------------ 2. relu
model = Sequential()
model.add(Input((784,)))
for i in range(4):
    model.add(Dense(50))
    model.add(Activation('relu'))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(optimizer=SGD(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, validation_split=0.3, epochs=EPOCHS, verbose=0)
show(history)
print('relu', model.evaluate(X_test, y_test)[1])

# ------------------------------------------------------------ 3. adam
model = Sequential()
model.add(Input((784,)))
for i in range(4):
    model.add(Dense(50))
    model.add(Activation('elu'))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(optimizer=Adam(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, validation_split=0.3, epochs=EPOCHS, verbose=0)
show(history)
print('adam', model.evaluate(X_test, y_test)[1])

# ------------------------------------------------------------ 4. batch norm
model = Sequential()
model.add(Input((784,)))
for i in range(4):
    model.add(Dense(50))
    model.add(BatchNormalization())
    model.add(Activation('elu'))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(optimizer=Adam(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, validation_split=0.3, epochs=EPOCHS, verbose=0)
show(history)
print('batch norm', model.evaluate(X_test, y_test)[1])

# ------------------------------------------------------------ 5. dropout
model = Sequential()
model.add(Input((784,)))
for i in range(4):
    model.add(Dense(50))
    model.add(Activation('elu'))
    model.add(Dropout(0.2))
model.add(Dense(10))
model.add(Activation('softmax'))
model.compile(optimizer=Adam(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, validation_split=0.3, epochs=EPOCHS, verbose=0)
show(history)
print('dropout', model.evaluate(X_test, y_test)[1])
