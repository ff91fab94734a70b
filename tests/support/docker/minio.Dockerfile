# MinIO publishes no image of this version: it is built from its Go module, as its README says.
FROM golang:1.26-bookworm AS build
ENV CGO_ENABLED=0 GOBIN=/out GOFLAGS=-trimpath
RUN go install github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c

FROM busybox:1.37
# A folder at the top of the data folder is a bucket: `backups` is there from the first start.
RUN mkdir -p /data/backups /home/minio && chown -R 1000:1000 /data /home/minio
ENV HOME=/home/minio
COPY --from=build /out/minio /usr/local/bin/minio
USER 1000:1000
VOLUME /data
EXPOSE 9000
ENTRYPOINT ["minio"]
CMD ["server", "/data", "--address", ":9000"]
