# Sample Desk in an image with nothing else in it: `make image` builds the program first, as the image has no compiler.
# The program brings its certificates and time zones along, needs no user database and no shell, and writes to /data only:
# run it with a read-only root.
FROM scratch
ARG TARGETARCH=amd64
COPY bin/dist/sampledesk-linux-${TARGETARCH} /sampledesk
# A volume takes over the owner of the folder that it covers.
COPY --chown=65532:65532 bin/dist/data /data
USER 65532:65532
VOLUME /data
ENV SAMPLEDESK_STORE=bolt:/data/sampledesk.db SAMPLEDESK_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s CMD ["/sampledesk", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/sampledesk"]
CMD ["serve"]
