# docker build -t hindsight . && docker run -p 127.0.0.1:7700:7700 -v hindsight:/data hindsight
#
# One static binary in an empty image, as a user without rights. Its root may be read-only:
#   docker run --read-only --cap-drop all --security-opt no-new-privileges …
# The log shows the setup link: docker logs NAME.
ARG RUST=rust:1.95-bookworm
ARG NODE=node:22-bookworm-slim

FROM ${NODE} AS node

FROM ${RUST} AS build
# Node.js bundles the browser scripts at build, and is not in the image that is made.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /source
COPY . .
RUN packaging/build && mkdir -m 0700 /empty

FROM scratch
COPY --from=build /source/target/package/hindsight /hindsight
COPY --from=build /source/LICENSE-MIT /source/LICENSE-APACHE /
# A new volume takes over the owner of the folder it is mounted on.
COPY --from=build --chown=65532:65532 /empty /data
USER 65532:65532
WORKDIR /data
ENV HINDSIGHT_SERVER__LISTEN=0.0.0.0:7700 HINDSIGHT_SERVER__DATA_DIR=/data
VOLUME /data
EXPOSE 7700
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/hindsight", "healthcheck"]
ENTRYPOINT ["/hindsight"]
CMD ["serve"]
