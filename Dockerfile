# licsync with git, as an unprivileged user. Mount the account at /account, and set LICSYNC_STATE to its store.
#
#   docker build --tag licsync .
#   docker run --rm --volume "$PWD/accounts/acme:/account:ro" --env LICSYNC_API_KEY --env LICSYNC_STATE licsync plan .
# The digest is that of Python 3.13.15 of 2026-08-25, as docker-library/repo-info lists it. Dependabot renews it.
FROM python:3.13-slim-bookworm@sha256:cbd229d7b9bd041012af758ce5ffd807a6518d76493ce9035d208f1db9ceff1e AS base

FROM base AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY src ./src
COPY constraints ./constraints
RUN sh constraints/install.sh /opt/licsync \
    && /opt/licsync/bin/pip uninstall --yes pip

FROM base
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
