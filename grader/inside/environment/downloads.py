"""MNIST's files from any of their addresses, by whichever library a program asks for them: there is no network."""

from __future__ import annotations

import functools
import io
import shutil
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.response import addinfourl

from ..patches import Change
from .data_files import Files
from .other_images import is_fashion

OK = 200
"""HTTP's status of what was found."""


class Downloads:
    """Answers for the files that `files` knows by their address; everything else fails as it does without a network."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._served: set[str] = set()
        """Where Keras had them put."""

    def changes(self) -> Iterator[Change]:
        """In Python's own library."""
        retrieve, opened = urllib.request.urlretrieve, urllib.request.urlopen

        @functools.wraps(retrieve)
        def urlretrieve(url: str, filename: Any = None, *arguments: Any, **named: Any) -> Any:
            known = self._files.known(url)
            if known is None:
                return retrieve(url, filename, *arguments, **named)
            if filename is not None and (is_fashion(url) or not Path(filename).exists()):
                _put(known, Path(filename))
            return str(filename or known), None

        @functools.wraps(opened)
        def urlopen(url: Any, *arguments: Any, **named: Any) -> Any:
            address = getattr(url, "full_url", url)
            known = self._files.known(address)
            if known is None:
                return opened(url, *arguments, **named)
            headers = Message()
            headers["Content-Length"] = str(known.stat().st_size)
            return addinfourl(known.open("rb"), headers, address, OK)

        yield Change("urllib.request.urlretrieve", urllib.request, "urlretrieve", urlretrieve)
        yield Change("urllib.request.urlopen", urllib.request, "urlopen", urlopen)

    def into_keras(self, file_utils: Any) -> Iterator[Change]:
        """`get_file` downloads by a name of its own module, under whatever alias a program calls it."""
        retrieve, validate = file_utils.urlretrieve, file_utils.validate_file

        @functools.wraps(retrieve)
        def urlretrieve(url: str, filename: Any, *arguments: Any, **named: Any) -> Any:
            known = self._files.known(url)
            if known is None:
                return retrieve(url, filename, *arguments, **named)
            _put(known, Path(filename))
            self._served.add(str(filename))
            return str(filename), None

        @functools.wraps(validate)
        def validate_file(fpath: Any, *arguments: Any, **named: Any) -> bool:
            # The same arrays, packed anew: the digest of the file that is on the network is another one.
            return str(fpath) in self._served or validate(fpath, *arguments, **named)

        yield Change("keras.src.utils.file_utils.urlretrieve", file_utils, "urlretrieve", urlretrieve)
        yield Change("keras.src.utils.file_utils.validate_file", file_utils, "validate_file", validate_file)

    def into_requests(self, requests: Any) -> Iterator[Change]:
        """Every call of `requests`, in a session or not, sends by this method."""
        send = requests.Session.send

        @functools.wraps(send)
        def sent(session: Any, request: Any, **named: Any) -> Any:
            known = self._files.known(request.url)
            if known is None:
                return send(session, request, **named)
            response = requests.Response()
            response.status_code, response.reason = OK, "OK"
            response.url, response.request = request.url, request
            response.headers["Content-Length"] = str(known.stat().st_size)
            response.raw = io.BytesIO(known.read_bytes())
            return response

        yield Change("requests.Session.send", requests.Session, "send", sent)


def _put(known: Path, target: Path) -> None:
    # Under that name MNIST's own file may lie there already, as a link that must not be followed.
    target.unlink(missing_ok=True)
    shutil.copyfile(known, target)
