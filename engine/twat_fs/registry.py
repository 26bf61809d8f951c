"""From specs to ready providers."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from twat_fs import credentials, trust
from twat_fs._version import USER_AGENT
from twat_fs.entry_points import InstalledCatalog, card_path
from twat_fs.environment import Settings, settings, using
from twat_fs.errors import NotConfigured, TrustError, UsageError
from twat_fs.events import Tell, untold
from twat_fs.logins import Logins
from twat_fs.logs import logger
from twat_fs.option_values import OptionValues
from twat_fs.spec.options import hosts_in
from twat_fs.text import REDACTOR
from twat_fs.upload_providers.naming import fitted, random_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.http.transport import Transport
    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.spec.catalog import Entry
    from twat_fs.spec.model import Spec
    from twat_fs.upload_providers.protocols import Call
    from twat_fs.verify import Sent
    from twat_fs.wire.job import Inputs, Job

logger()  # from here on no secret stands in a line of a log


class Registry:
    """Every provider that can be used.

    Args:
        chosen: The settings.

    Attributes:
        catalog: The specs.
        redactor: Knows every secret that was read.
        logins: Has the secrets that the user stored.
    """

    redactor = REDACTOR

    def __init__(self, chosen: Settings | None = None) -> None:
        self.settings = chosen or settings()
        self.catalog = InstalledCatalog(self.settings.folders, self.settings.cache)
        self.logins = Logins(self.settings)

    def provider(self, name: str) -> Provider:
        """A provider by name.

        Raises:
            UsageError: There is none of that name.
            SpecError: Its spec is not valid.
            TrustError: Its spec may not run.
        """
        entry = self.catalog.entry(name)
        if entry is None:
            raise UsageError(f"there is no provider `{name}`", hint=self.catalog.nearest(name))
        return Provider(entry, self.catalog.spec(entry), self)

    def candidates(self, named: Sequence[str]) -> list[Provider]:
        """The providers to try, in order.

        Args:
            named: The names that the caller gives; with none, the default order, which begins with
                `TWAT_FS_DEFAULT_PROVIDER`. A default that is not in the order stands alone: what a person keeps at
                home does not fall back to a public host.
        """
        order = list(named) or self._default_order()
        if not order:
            raise UsageError("no provider is named, and none has a rank", hint="Use --provider NAME.")
        return [self.provider(name) for name in order]

    def _default_order(self) -> list[str]:
        order = self.catalog.default_order()
        wanted = self.settings.default_providers
        if len(wanted) == 1 and wanted[0] in order:
            at = order.index(wanted[0])
            return order[at:] + order[:at]
        return wanted or order


class Provider:
    """A provider, ready to be used.

    Attributes:
        entry: Where its spec is.
        spec: The compiled spec.
        registry: Whose it is.
        keeps: Whether connections are kept from one upload to the next.
    """

    keeps = False

    def __init__(self, entry: Entry, spec: Spec, registry: Registry) -> None:
        self.entry = entry
        self.spec = spec
        self.registry = registry
        self._claims = trust.claims(entry, spec, registry.settings)
        self._client: Any = None
        self._kept: Transport | None = None
        self._ready = False

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.spec.name

    @cached_property
    def settings(self) -> Settings:
        """The registry's, with the secrets that the keyring has for this provider.

        Raises:
            NotConfigured: The keyring does not give them.
        """
        return self.registry.logins.settings_of(self.spec)

    def not_ready(self) -> NotConfigured | TrustError | None:
        """Why it cannot be used, or None where it can, which is found out once."""
        if self._ready:
            return None
        try:
            self.credentials()
            self.option_values({})
            if self.spec.kind == "python":
                self.client()
        except (NotConfigured, TrustError) as error:
            return error
        self._ready = True
        return None

    def credentials(self) -> dict[str, str]:
        """The secrets that the spec declares, from the environment, else the keyring; what is not there is left out.

        Raises:
            NotConfigured: A required one is missing, or one is malformed; names the variable, never the value.
            TrustError: A spec of the user's wants a secret that belongs to a bundled provider.
        """
        found = credentials.read(self.spec, self.settings.environ)
        for variable, value in found.values():
            self.check_owner(variable)
            self.registry.redactor.add(value)
        return {name: value for name, (_, value) in found.items()}

    def option_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Options as given by the caller, else by the environment, else by the config file.

        Raises:
            UsageError: The provider has no such option, or does not take the value; of a `ConfigError` the config file
                is to blame.
            NotConfigured: The environment's value is not one that it takes.
        """
        return self._options.given(given)

    @cached_property
    def _options(self) -> OptionValues:
        return OptionValues(self.spec, self.settings, self.check_owner)

    def upload(self, source: Source, call: Call, depth: str) -> UploadResult:
        """Send the file, and check the URL.

        Args:
            source: The open file.
            call: What the caller wants.
            depth: `size`, `hash` or `none`: what to compare afterwards.

        Raises:
            UploadError: It was not taken, or is not there.
        """
        if self.spec.kind == "python":
            return self._upload_by_module(source, call, depth)
        from twat_fs.upload_providers.sender import upload
        from twat_fs.wire.deleting import recipe

        job = self.job(source, call)
        with self.transport() as transport:
            result = upload(job, source, transport, self.registry.settings, call.progress, call.tell)
            result.recipe = recipe(job, result)
            self._verify(transport, result, source, depth, job.hosts, call.tell)
        return result

    def check(
        self, url: str, source: Sent, depth: str, given: Mapping[str, Any] | None = None, hosts: Sequence[str] = ()
    ) -> bool:
        """Fetch a URL of this provider's back and compare it with what was sent.

        Args:
            url: What an upload gave.
            source: What was sent.
            depth: `size`, `hash` or `none`: what to compare.
            given: The options that the caller gave; the host of an address among them may be private.
            hosts: Further hosts that may be private, since the user named them then.

        Returns:
            Whether it was compared: not every host lets its URLs be checked.

        Raises:
            UploadError: The URL does not serve the file.
        """
        if self.spec.check == "none":
            return False
        with self.transport() as by:
            return self._verify(by, url, source, depth, (*self.spec.hosts, *hosts, *self.hosts(given or {})), untold)

    def hosts(self, given: Mapping[str, Any]) -> list[str]:
        """The hosts of the addresses among the options, which the user named."""
        return hosts_in(self.spec.options, self._options.sent(given))

    def transport(self) -> Transport:
        """Connections for one upload, as the settings say: new ones, or those that are kept."""
        from twat_fs.http.transport import Transport

        if self._kept is not None and not self._kept.closed:
            return self._kept
        made = Transport(user_agent=USER_AGENT, keeps=self.keeps, **self.registry.settings.network)
        self._kept = made if self.keeps else None
        return made

    def break_off(self) -> None:
        """From another thread: end what its kept connections are doing."""
        if self._kept is not None:
            self._kept.stop()

    def _verify(self, by: Transport, url: str, sent: Sent, depth: str, hosts: Sequence[str], tell: Tell) -> bool:
        from twat_fs.verify import verify

        name, way, closed = self.name, self.spec.check, getattr(self._client, "closed_statuses", ())
        return verify(by, url, sent, provider=name, way=way, depth=depth, hosts=hosts, closed=closed, tell=tell)

    def job(self, source: Source, call: Call) -> Job:
        """The upload as the wire sees it, before anything is sent."""
        from twat_fs.wire.job import file_facts, start

        call = fitted(call, self.name, self.spec.max_name)
        return start(self.spec, self.inputs(call), file_facts(source, name=call.name))

    def inputs(self, call: Call) -> Inputs:
        """What the caller and the environment give to the spec's templates."""
        import secrets
        import time

        from twat_fs.wire.job import Inputs

        return Inputs(
            options=self.option_values(call.options),
            credentials=self.credentials(),
            remote_path=call.remote_path,
            now=int(time.time()),
            random=random_text,
            choose=secrets.randbelow,
            variables={name: at for name, (at, _) in credentials.read(self.spec, self.settings.environ).items()},
        )

    def client(self) -> Any:
        """What the module of a Python provider makes, made once; where it makes none, `NotConfigured` is raised."""
        if self._client is None:
            from twat_fs.upload_providers.loading import client_of, module_of

            module = module_of(self.spec.module, card_path(self.entry), self.name)
            with using(self.settings):
                self._client = client_of(module, self.name, self.spec.deps)
        return self._client

    def _upload_by_module(self, source: Source, call: Call, depth: str) -> UploadResult:
        from twat_fs.retry import run
        from twat_fs.upload_providers.loading import sent_by

        ready = fitted(call, self.name, self.spec.max_name)._replace(options=self._options.sent(call.options))
        with using(self.settings) as chosen:
            attempt = partial(sent_by, self.client(), source, ready, self.name)
            result = run(attempt, self.spec.retry, left=chosen.left, tell=call.tell)
        hosts = hosts_in(self.spec.options, ready.options)
        result.recipe = {**(result.recipe or {}), "hosts": hosts} if hosts else result.recipe
        if result.startswith(("http://", "https://")) and "none" not in (depth, self.spec.check):
            with self.transport() as transport:
                self._verify(transport, result, source, depth, (*self.spec.hosts, *hosts), call.tell)
        return result

    def check_owner(self, variable: str) -> None:
        """A secret of a bundled provider goes to a spec from elsewhere only if the user says so.

        Args:
            variable: What holds the secret.

        Raises:
            TrustError: The user does not.
        """
        owner = None if self.entry.bundled or variable in self._claims else self.registry.catalog.owner(variable)
        if owner is not None:
            trust.check_owner(self.entry.path, self.name, variable, owner, self.registry.settings)
