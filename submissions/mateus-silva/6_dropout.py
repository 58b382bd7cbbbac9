# Dropout after every activation
from keras import Input, Sequential
from keras.layers import Dense, Dropout
from keras.optimizers import Adam

from common import EPOCHS, X_test, X_train, plot, y_test, y_train

model = Sequential()
model.add(Input((784,)))
for _ in range(4):
    model.add(Dense(50, activation='elu'))
    model.add(Dropout(0.2))
model.add(Dense(10, activation='softmax'))

model.compile(optimizer=Adam(learning_rate=0.001), loss='categorical_crossentropy', metrics=['accuracy'])
history = model.fit(X_train, y_train, epochs=EPOCHS, validation_split=0.3, verbose=2)

plot(history, 'dropout')
print('Test accuracy:', model.evaluate(X_test, y_test)[1])
