print("x" * (400 << 20))
print("held: printed")
