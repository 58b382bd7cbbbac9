# Batch normalization before the activation
from keras import Input, Sequential
from keras.layers import Activation, BatchNormalization, Dense
from keras.optimizers import Adam

from common import EPOCHS, X_train, plot, y_train

model = Sequential()
model.add(Input((784,)))
for _ in range(4):
    model.add(Dense(50))
    model.add(BatchNormalization())
    model.add(Activation('elu'))
model.add(Dense(10, activation='softmax'))

model.compile(optimizer=Adam(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, epochs=EPOCHS, validation_split=0.3, verbose=2)

plot(history, 'batch_norm')
print('Accuracy:', model.evaluate(X_train, y_train)[1])
