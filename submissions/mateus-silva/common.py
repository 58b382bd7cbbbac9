# Shared by the six scripts of this assignment.
import matplotlib.pyplot as plt
from keras.datasets import mnist
from keras.utils import to_categorical
from sklearn.model_selection import train_test_split

EPOCHS = 3  # enough to see the difference

(X_all, y_all), (X_test, y_test_digits) = mnist.load_data()
X_all = X_all.reshape((60000, 784))
X_test = X_test.reshape((10000, 784))
X_train, _, y_train_digits, _ = train_test_split(X_all, y_all, test_size=0.67, random_state=7)
y_train = to_categorical(y_train_digits, 10)
y_test = to_categorical(y_test_digits, 10)


def plot(history, title):
    plt.plot(history.history['accuracy'], label='training')
    plt.plot(history.history['val_accuracy'], label='validation')
    plt.title(title)
    plt.legend()
    plt.savefig(title + '.png')
    plt.show()
