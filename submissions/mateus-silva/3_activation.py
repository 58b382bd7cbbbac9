# Nonlinearity: ReLU layers
from keras import Input, Sequential
from keras.layers import Dense, ReLU
from keras.optimizers import SGD

from common import EPOCHS, X_test, X_train, plot, y_test, y_train

model = Sequential([
    Input((784,)),
    Dense(50),
    ReLU(),
    Dense(50),
    ReLU(),
    Dense(50),
    ReLU(),
    Dense(50),
    ReLU(),
    Dense(10, activation='softmax'),
])
model.compile(optimizer=SGD(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, epochs=EPOCHS, validation_split=0.3, verbose=2)

plot(history, 'relu')
print('Test accuracy:', model.evaluate(X_test, y_test)[1])
