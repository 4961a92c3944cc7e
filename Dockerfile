# The reference platform in a container. `docker compose --profile app up --build` builds and runs it.
# Node 24 is the LTS line; tags: https://github.com/nodejs/docker-node.
FROM node:24.21.0-trixie-slim AS base
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /app

# The packages, in a layer of their own: they change less often than the sources. The development ones are needed too:
# next and Prisma are among them, since the repository's package.json is that of the library.
FROM base AS packages
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund

FROM packages AS build
COPY . .
RUN node node_modules/prisma/build/index.js generate && node node_modules/next/dist/bin/next build

FROM base AS app
ENV NODE_ENV=production
# Owned by root and only read, but for Next's cache and the demo account's password.
COPY --from=build /app ./
RUN mkdir -p .next/cache .throughline && chown -R node:node .next/cache .throughline
USER node
EXPOSE 3000
CMD ["node", "deploy/app/start.mjs"]
