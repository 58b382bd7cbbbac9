import ctypes
import glob
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    if getattr(libc, name)(*arguments) >= 0:
        return name
    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def attempt(what):
    try:
        found = what()
    except Exception as error:
        print("held:", type(error).__name__, error)
    else:
        print("hole:", found)


def say_if(held, what):
    print("held:" if held else "hole:", what)


print("finished before")
