"""What an upload leaves behind so that it can be deleted, and the deletion that begins with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import NonRetryableError, NotConfigured
from twat_fs.expression import secrets
from twat_fs.expression.evaluate import EvaluationError, FileFacts, Scope, evaluate
from twat_fs.expression.secrets import uncovered
from twat_fs.messages import Held, origins_of
from twat_fs.wire.job import Job, options_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.results import UploadResult
    from twat_fs.spec.model import Spec
    from twat_fs.wire.job import Inputs

#: What a result has beside its metadata; see `docs/spec-language.md`.
_RESULT = ("page_url", "delete_url", "delete_token", "expires_at")
_TOKEN = ("result", "delete_token")


def recipe(job: Job, result: UploadResult | None) -> dict[str, Any] | None:
    """What deleting the upload needs, as plain data: the names that the spec's `delete` uses, and no more.

    Args:
        job: The upload, at its end.
        result: What it gave; None where it failed on its way.

    Returns:
        Values by root and name; `hosts` that the user named; under `secret` the names whose values are secrets that
        the host gave, each with the host; and under `again` the names of the user's own secrets, without their
        values, which `begin` takes as they are then. None where there is nothing to keep.
    """
    kept: dict[str, Any] = {}
    hidden: dict[str, str] = {}
    again: list[str] = []
    for root, name in job.spec.keeps:
        value = _of_result(job.spec, result, name) if root == "result" else _of_job(job, root, name)
        if any(not origin.startswith("saved.") for origin in origins_of(value)):
            again.append(f"{root}.{name}")
            continue
        if isinstance(value, Held) or ((root, name) == _TOKEN and value is not None):
            hidden[f"{root}.{name}"] = job.came_from.get(f"{root}.{name}", "")
        kept.setdefault(root, {})[name] = uncovered(value)
    hosts = [host for host in job.hosts if host not in job.spec.hosts]
    kept |= {key: value for key, value in (("secret", hidden), ("again", again), ("hosts", hosts)) if value}
    return kept or None


def recipe_of_rest(job: Job) -> dict[str, Any] | None:
    """What deleting takes what an upload left that failed on its way; None where the host has not told enough for it.

    Args:
        job: The upload, as far as it came.
    """
    if not job.spec.delete or any(_of_rest(job, root, name) is None for root, name in job.spec.keeps):
        return None
    return recipe(job, None)


def _of_rest(job: Job, root: str, name: str) -> Any:
    """What is known of a name so far; an option that was not given is known to be so, a result is not known yet."""
    if root == "result":
        return None
    return _of_job(job, root, name) if root in ("saved", "vars") else True


def _of_job(job: Job, root: str, name: str) -> Any:
    value = job.scope.names[root]
    return value.get(name) if name else value


def _of_result(spec: Spec, result: UploadResult | None, name: str) -> Any:
    if result is None:
        return None
    if name == "url":
        return str(result)
    if name == "metadata":
        return {key: result.metadata.get(key) for key in spec.result["metadata"]}
    return result.metadata.get(name) if name in _RESULT else None


def _given_again(spec: Spec, kept: Mapping[str, Any], inputs: Inputs) -> dict[str, Any]:
    """The secret options that the upload had, as they are now.

    Raises:
        NotConfigured: One is not set.
    """
    names = [dotted.partition(".")[2] for dotted in kept.get("again", ()) if dotted.startswith("options.")]
    declared = [name for name in names if name in spec.options]
    options = options_of(spec, inputs.options)[0] if declared else {}
    for name in declared:
        if options[name] is None:
            raise NotConfigured(
                f"to delete the upload takes the option `{name}`, a secret, of which no receipt is kept",
                spec.name,
                hint=f"Set {spec.options[name].get('env')} to what it was.",
            )
    return {name: options[name] for name in declared}


def begin(spec: Spec, kept: Mapping[str, Any], inputs: Inputs) -> Job:
    """Begin a deletion.

    Args:
        spec: The provider, as it is now.
        kept: What `recipe` gave.
        inputs: The secrets as they are now.

    Raises:
        NonRetryableError: The receipt does not hold what the spec needs, since the spec has changed.
        NotConfigured: A secret is not there any more, or a var cannot be made.
    """
    kept = {**kept, "options": {**kept.get("options", {}), **_given_again(spec, kept, inputs)}}
    missing = [f"{root}.{name}" if name else root for root, name in spec.keeps if name not in kept.get(root, {})]
    if missing:
        raise NonRetryableError(
            f"the spec has changed since the upload: to delete, it needs {', '.join(missing)}, which was not kept",
            spec.name,
            hint="Delete the file by hand, at the host.",
        )
    names: dict[str, Any] = {root: dict(kept.get(root, {})) for root in ("options", "vars", "saved", "result")}
    came_from = {}
    for dotted, host in kept.get("secret", {}).items():
        root, _, name = dotted.partition(".")
        names[root][name] = secrets.held_again(root, name, names[root][name])
        came_from[dotted] = host
    names["file"] = FileFacts({"size": 0, **kept.get("file", {})})  # nothing is sent of it
    names["remote_path"] = kept.get("remote_path", {}).get("")
    names["now"] = inputs.now
    names["credentials"] = {
        name: secrets.credential(name, value, inputs.variables.get(name, ""))
        for name, value in inputs.credentials.items()
    }
    job = Job(spec, Scope(names, inputs.random, inputs.choose), (*spec.hosts, *kept.get("hosts", ())), names["saved"])
    job.came_from |= came_from
    for name in spec.remakes:
        try:
            names["vars"][name] = evaluate(spec.vars[name], job.scope)
        except EvaluationError as error:
            raise NotConfigured(f"vars.{name}: {error}", spec.name) from error
    return job
