# PostgreSQL, Redis, nginx and Prometheus of Debian's packages, in the place of the images that docker-compose.yml names,
# where no registry can be reached. Same accounts, same paths, same variables as far as the file uses them.
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS servers
COPY tests/compose/postgres-start /usr/local/bin/postgres-start
RUN groupadd -g 999 postgres && useradd -u 999 -g 999 -d /var/lib/postgresql -s /bin/sh postgres \
 && printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d \
 && apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15 redis-server nginx-light \
        prometheus >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /etc/postgresql /var/lib/postgresql/15 \
 && mkdir -p /var/lib/postgresql/data /data /prometheus && chown 999:999 /var/lib/postgresql/data /data \
 && chown 65534:65534 /prometheus
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
