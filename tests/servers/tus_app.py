"""tuspyserver as an application: started by uvicorn in the environment of the servers, where the project is not."""

# mypy: ignore-errors
import os
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException
from tuspyserver import create_tus_router


def known(authorization: Annotated[str, Header()] = "") -> None:
    """Who has the token; others get 401."""
    if authorization != "Bearer tus-token":
        raise HTTPException(401, "not you")


app = FastAPI()
files = os.environ["HOME"] + "/files"
app.include_router(create_tus_router(files_dir=files, prefix="files"))
app.include_router(create_tus_router(files_dir=files, prefix="guarded", auth=known))
