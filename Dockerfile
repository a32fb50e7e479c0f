# A worker, and with another command anything else `ensemble` does. Not Alpine: Temporal's native library wants glibc.
FROM node:22.23.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --no-save --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
# Compiles, and bundles the workflow code: a worker then starts in half a second.
RUN node scripts/build.mjs && npm prune --omit=dev --no-audit --no-fund

FROM node:22.23.2-bookworm-slim
# git: a review of paths sees a repository as git does.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates git \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
ENV NODE_ENV=production ENSEMBLE_HOME=/data
USER node
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["worker"]
