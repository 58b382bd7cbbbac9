"""What earlier versions of Keras, TensorFlow, NumPy and scikit-learn called otherwise, made to work."""
