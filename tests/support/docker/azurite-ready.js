// Azurite's health check: the container `backups` exists. The first check that finds the server up creates it.
// Account and key are the ones that every emulator has.
const { createHmac } = require("node:crypto");
const { request } = require("node:http");

const account = "devstoreaccount1";
const key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const date = new Date().toUTCString();
const version = "2021-12-02";
const path = `/${account}/backups`;
const text = `PUT${"\n".repeat(12)}x-ms-date:${date}\nx-ms-version:${version}\n/${account}${path}\nrestype:container`;
const signature = createHmac("sha256", Buffer.from(key, "base64")).update(text).digest("base64");
const headers = {
  "x-ms-date": date,
  "x-ms-version": version,
  "Content-Length": 0,
  Authorization: `SharedKey ${account}:${signature}`,
};

const created = request(
  { host: "127.0.0.1", port: 10000, method: "PUT", path: `${path}?restype=container`, headers },
  (answer) => process.exit([201, 409].includes(answer.statusCode) ? 0 : 1),
);
created.on("error", () => process.exit(1));
created.end();
