import asyncio
import os
import socket

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index():
    return {"hello": "from FastAPI", "version": os.environ.get("VERSION", "1"), "instance": socket.gethostname()}


@app.get("/healthz")
async def healthz():
    return {"ok": True}


@app.get("/slow")
async def slow(ms: int = 1000):
    await asyncio.sleep(min(ms, 60_000) / 1000)
    return {"slept": ms}
