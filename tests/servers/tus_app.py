"""tuspyserver as an application: started by uvicorn in the environment of the servers, where the project is not."""

# mypy: ignore-errors
import os

from fastapi import FastAPI
from tuspyserver import create_tus_router

app = FastAPI()
app.include_router(create_tus_router(files_dir=os.environ["HOME"] + "/files", prefix="files"))
