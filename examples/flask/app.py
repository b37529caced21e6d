import os
import socket
import time

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/")
def index():
    return jsonify(hello="from Flask", version=os.environ.get("VERSION", "1"), instance=socket.gethostname())


@app.get("/healthz")
def healthz():
    return jsonify(ok=True)


@app.get("/slow")
def slow():
    ms = min(int(request.args.get("ms", "1000")), 60_000)
    time.sleep(ms / 1000)
    return jsonify(slept=ms)
