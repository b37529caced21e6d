ARG BERTH_BASE_NODE_BUILD=node:22-bookworm-slim
ARG BERTH_BASE_NODE=node:22-bookworm-slim

FROM ${BERTH_BASE_NODE_BUILD} AS build
WORKDIR /app
ENV npm_config_update_notifier=false
COPY package.json package-lock.json ./
RUN --mount=type=cache,id=berth-npm,target=/root/.npm \
    --mount=type=secret,id=berth-ca,target=/run/berth/ca.pem \
    --mount=type=secret,id=berth-npmrc,target=/run/berth/npmrc \
    if [ -s /run/berth/ca.pem ]; then export NODE_EXTRA_CA_CERTS=/run/berth/ca.pem npm_config_cafile=/run/berth/ca.pem; fi; \
    if [ -s /run/berth/npmrc ]; then export npm_config_userconfig=/run/berth/npmrc; fi; \
    npm ci --no-audit --no-fund && mkdir -p node_modules
COPY . .
RUN --mount=type=cache,id=berth-npm,target=/root/.npm \
    --mount=type=secret,id=berth-ca,target=/run/berth/ca.pem \
    --mount=type=secret,id=berth-npmrc,target=/run/berth/npmrc \
    if [ -s /run/berth/ca.pem ]; then export NODE_EXTRA_CA_CERTS=/run/berth/ca.pem npm_config_cafile=/run/berth/ca.pem; fi; \
    if [ -s /run/berth/npmrc ]; then export npm_config_userconfig=/run/berth/npmrc; fi; \
    npm run build && npm prune --omit=dev --no-audit --no-fund

FROM ${BERTH_BASE_NODE}
RUN echo 'app:x:10001:10001:app:/app:/usr/sbin/nologin' >>/etc/passwd && echo 'app:x:10001:' >>/etc/group
ENV NODE_ENV=production
ENV PORT=3000
ENV NODE_OPTIONS=--enable-source-maps
COPY --from=build --chown=10001:10001 /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 3000
CMD ["node", "dist/server.js"]
