ARG BERTH_BASE_PYTHON_BUILD=python:3.13-slim
ARG BERTH_BASE_PYTHON=python:3.13-slim

FROM ${BERTH_BASE_PYTHON_BUILD} AS build
WORKDIR /app
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
ENV PIP_ROOT_USER_ACTION=ignore
COPY requirements.txt base.txt ./
RUN --mount=type=cache,id=berth-pip,target=/root/.cache/pip \
    --mount=type=secret,id=berth-ca,target=/run/berth/ca.pem \
    --mount=type=secret,id=berth-pip,target=/run/berth/pip.conf \
    if [ -s /run/berth/pip.conf ]; then export PIP_CONFIG_FILE=/run/berth/pip.conf; fi; \
    if [ -s /run/berth/ca.pem ]; then export PIP_CERT=/run/berth/ca.pem SSL_CERT_FILE=/run/berth/ca.pem REQUESTS_CA_BUNDLE=/run/berth/ca.pem; fi; \
    python3 -m venv --without-pip /opt/venv && python3 -m pip --python /opt/venv/bin/python3 install -r requirements.txt

FROM ${BERTH_BASE_PYTHON}
RUN echo 'app:x:10001:10001:app:/app:/usr/sbin/nologin' >>/etc/passwd && echo 'app:x:10001:' >>/etc/group
ENV PATH=/opt/venv/bin:$PATH
ENV PYTHONUNBUFFERED=1
ENV PORT=8000
COPY --from=build --chown=10001:10001 /opt/venv /opt/venv
COPY --chown=10001:10001 . /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["/opt/venv/bin/uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
