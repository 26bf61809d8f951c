"""pinnwand on loopback alone, which it has no option for: started with its own options, in the servers' environment."""

# mypy: ignore-errors
from functools import partialmethod

from pinnwand.command import main
from tornado.web import Application

Application.listen = partialmethod(Application.listen, address="127.0.0.1")
main()
