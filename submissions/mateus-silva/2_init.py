# Weight initialization: he_normal
from keras import Input, Sequential
from keras.layers import Dense
from keras.optimizers import SGD

from common import EPOCHS, X_test, X_train, plot, y_test, y_train

model = Sequential([
    Input((784,)),
    Dense(50, activation='sigmoid', kernel_initializer='he_normal'),
    Dense(50, activation='sigmoid', kernel_initializer='he_normal'),
    Dense(50, activation='sigmoid', kernel_initializer='he_normal'),
    Dense(50, activation='sigmoid', kernel_initializer='he_normal'),
    Dense(10, activation='softmax', kernel_initializer='he_normal'),
])
model.compile(optimizer=SGD(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, epochs=EPOCHS, validation_split=0.3, verbose=2)

plot(history, 'he_normal')
print('Test accuracy:', model.evaluate(X_test, y_test)[1])
