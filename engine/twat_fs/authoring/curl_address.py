"""The address of a curl command, and the login that may stand in it."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from twat_fs.authoring import keys
from twat_fs.authoring.address import encoded, is_stand_in, put_query, with_variables
from twat_fs.authoring.curl_body import Bodies
from twat_fs.authoring.curl_form import marked, unmarked
from twat_fs.authoring.draft import short_name
from twat_fs.authoring.words import Variable, Word, text_of
from twat_fs.errors import UsageError


class Addressed(Bodies):
    """What was gathered of a command line, its bodies and its address."""

    def put_url(self, word: Word) -> None:
        """Put the address, its query and its login.

        Raises:
            UsageError: It is none of HTTP, or its host is put together of variables.
        """
        draft = self.found
        text = text_of(word)
        if not word or isinstance(word[0], Variable):
            variable = word[0].name if word and isinstance(word[0], Variable) else ""
            self._server(variable, word[1:])
            return
        if "://" not in text:
            draft.remarks.append("the address has no scheme, so curl takes http://")
            word = (f"http://{word[0]}", *word[1:])
        if not re.match(r"(?i)https?://", text_of(word)):
            raise UsageError(
                f"the address `{text_of(word)[:60]}` is not one of HTTP; a spec is for https:// or http://"
            )
        word = self._without_login(word)
        host = urlsplit(text_of(word).replace("[", "%5B").replace("]", "%5D")).netloc
        if is_stand_in(host) or "$" in host:
            self._stand_in(word, host)
            return
        self.found.request["url"] = str(word[0])  # for the names of credentials
        self.found.request["url"] = self._address(word)

    def _without_login(self, word: Word) -> Word:
        """An address without the name and the password in it, which become the login."""
        found = re.match(r"([a-zA-Z]+://)([^/?#@]*)@", str(word[0]))
        if not found:
            return word
        self.found.request["url"] = found[1] + str(word[0])[found.end() :]
        self.put_login(unquote(found[2]))
        return (found[1] + str(word[0])[found.end() :], *word[1:])

    def _server(self, variable: str, rest: Word) -> None:
        """An address that begins with a variable: the user's own server."""
        variable = variable if variable.isupper() else keys.variable_name(variable)
        facts = {"type": "url", "env": variable, "help": "The address of your server."}
        base = self.found.option("server", facts)
        self.found.remarks.append(f"the address begins with ${variable}: it is the option `server`, or that variable")
        self.found.request["url"] = base + self._address(rest)

    def _stand_in(self, word: Word, host: str) -> None:
        """An address whose host people are to fill in: a variable, or words where a name would be."""
        if re.search(r"[^$\w{}:.-]|\$.*\$", host) and "$" in host:
            raise UsageError(f"the host `{host}` is put together, and a spec says where its file goes")
        text, names = marked(word)
        scheme, _, rest = text.partition("://")
        shown = text_of(unmarked(rest[: len(re.match(r"[^/?#]*", rest)[0])], names))  # type: ignore[index]
        after = unmarked(re.sub(r"^[^/?#]*", "", rest), names)
        facts = {"type": "url", "help": f"The address of your server, where the curl line says {scheme}://{shown}."}
        self.found.remarks.append(f"the address has {shown} for its host: give yours by -o server=https://...")
        self.found.request["url"] = self.found.option("server", facts) + self._address(after)

    def _address(self, word: Word) -> str:
        if len(word) == 1 and isinstance(word[0], str):
            url = put_query(self.found, encoded(word[0]), self.base)
        else:
            # A query with a variable in it stays in the address, where the variable is.
            text, names = marked(word)
            url = with_variables(self.found, encoded(text), self.base, [self._in_address(each) for each in names])
        before, mark, query = url.partition("?")
        for name, value in self.found.request.get("query", {}).items():
            if self.base and value == self.base:
                self.found.request["query"][name] = "{{ file.name }}"
                self.found.comment("request", "query", name, text=f"`{value}` was the file's name.")
        return self._with_name(before) + mark + query

    def _in_address(self, piece: Variable) -> str:
        return "{{ file.name }}" if piece.name.isdigit() and not piece.of else self.credential(piece)

    def _with_name(self, url: str) -> str:
        """The file's name where it stands in an address, and where `-T` adds it."""
        names = [name for name, _ in self.given]
        path = url.partition("://")[2].partition("/")[2] if "://" in url else url
        if "upload-file" in names and (not path or url.endswith("/")) and "{{ file.name }}" not in url:
            return f"{url.rstrip('/')}/{{{{ file.name }}}}"
        last = url.rsplit("/", 1)[-1]
        if self.base and last == self.base:
            self.found.comment("request", "url", text=f"`{self.base}` was the file's name.")
            return f"{url[: -len(last)]}{{{{ file.name }}}}"
        return url

    def put_login(self, word: Word | str) -> None:
        """What stands after -u, or before an `@` in an address: a name, a colon, a password."""
        pieces: Word = (word,) if isinstance(word, str) else word
        user: list[str | Variable] = []
        password: list[str | Variable] = []
        second = False
        for piece in pieces:
            if isinstance(piece, str) and not second and ":" in piece:
                before, _, after = piece.partition(":")
                user += [before] if before else []
                password += [after] if after else []
                second = True
            else:
                (password if second else user).append(piece)
        host = short_name(self.found.host)
        name = self.template("user", tuple(user)) if user else ""
        if any(isinstance(piece, Variable) for piece in password):
            secret = self.template("password", tuple(password))
        elif second and not password:
            # A name and a colon with nothing after it: where a host has keys, the key is the name.
            secret = ""
            if all(isinstance(piece, str) for piece in user) and user:
                self.found.values[keys.variable_name(host, "user")] = "".join(map(str, user))
                name = self.found.credential(keys.variable_name(host, "user"), "The key, or the name of the account.")
        else:
            secret = self.found.credential(keys.variable_name(host, "password"), "The password of the account.")
            self.found.values[keys.variable_name(host, "password")] = "".join(map(str, password))
        self.found.request["basic_auth"] = {"username": name, "password": secret}
