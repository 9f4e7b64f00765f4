# licsync with git, as an unprivileged user. Mount the account at /account, and set LICSYNC_STATE to its store.
#
#   docker build --tag licsync .
#   docker run --rm --volume "$PWD/accounts/acme:/account:ro" --env LICSYNC_API_KEY --env LICSYNC_STATE licsync plan .
# For a reproducible base, name its digest too: --build-arg PYTHON=3.13-slim-bookworm@sha256:…
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY constraints ./constraints
RUN sh constraints/install.sh /opt/licsync \
    && /opt/licsync/bin/pip uninstall --yes pip

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="licsync" \
      org.opencontainers.image.description="Config-as-code for the licenses of an 8x8 phone system" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home licsync
COPY --from=build /opt/licsync /opt/licsync
ENV PATH=/opt/licsync/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
WORKDIR /account
ENTRYPOINT ["licsync"]
CMD ["--help"]
