// A correct provider for Node.js, cut into steps like base.py: a mutant changes
// one member of `steps` and calls `main`.
//
// No packages; the environment is that of base.py, with the identity of the
// workload and version v1.
"use strict";
const http = require("http");

const API_VERSION = "credentialprovider.kubelet.k8s.io/v1";
const MOST_REPLY = 64 * 1024;
const PART = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/;

class Refused extends Error {}

const steps = {
  read() {
    return new Promise((resolve, reject) => {
      const parts = [];
      process.stdin.on("data", (part) => parts.push(part));
      process.stdin.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
      process.stdin.on("error", () => reject(new Refused("the request cannot be read")));
    });
  },
  parse(text, what) {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      throw new Refused(`${what} is not one JSON document`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Refused(`${what} is not a JSON object`);
    }
    return value;
  },
  check(request) {
    if (request.apiVersion !== API_VERSION || request.kind !== "CredentialProviderRequest") {
      throw new Refused(`the request is no CredentialProviderRequest of ${API_VERSION}`);
    }
    if (typeof request.image !== "string") throw new Refused("the request has no image");
  },
  owns(image) {
    const registries = (process.env.PROVIDER_REGISTRIES || "").split(",");
    return registries.includes(image.split("/")[0]);
  },
  exchange(request) {
    const token = request.serviceAccountToken;
    if (typeof token !== "string" || token === "") throw new Refused("there is no token");
    const form = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: token,
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    }).toString();
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Refused("no whole reply of the exchange"));
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const options = { method: "POST", headers, timeout: 3000, agent: false };
      const call = http.request(process.env.EXCHANGE_URL, options, (reply) => {
        const parts = [];
        let size = 0;
        reply.on("data", (part) => {
          size += part.length;
          if (size > MOST_REPLY) reply.destroy();
          parts.push(part);
        });
        reply.on("end", () => resolve([reply.statusCode, Buffer.concat(parts).toString("utf8")]));
        reply.on("error", fail);
        reply.on("close", fail);
      });
      call.on("timeout", () => call.destroy());
      call.on("error", fail);
      call.end(form);
    });
  },
  accept(status, text) {
    if (status !== 200) throw new Refused(`the exchange answered with status ${status}`);
    const given = steps.parse(text, "the exchange's reply");
    for (const name of ["username", "access_token"]) {
      if (typeof given[name] !== "string" || given[name] === "") {
        throw new Refused(`the exchange's reply has no usable ${name}`);
      }
    }
    return given;
  },
  cache(given) {
    if (given.expires_in === undefined) return "0s";
    if (!Number.isSafeInteger(given.expires_in) || given.expires_in <= 0) {
      throw new Refused("the exchange's reply has no usable expires_in");
    }
    const life = Math.min(given.expires_in, 12 * 3600);
    return `${Math.max(0, Math.floor(life - Math.max(30, life / 10)))}s`;
  },
  async decide(request) {
    if (!steps.owns(request.image)) return steps.answer({}, "0s");
    const [, ...path] = request.image.split("/");
    if (path.length === 0 || !path.every((part) => PART.test(part))) {
      throw new Refused("the image is not a repository name");
    }
    const given = steps.accept(...(await steps.exchange(request)));
    const entry = { username: given.username, password: given.access_token };
    return steps.answer({ [request.image]: entry }, steps.cache(given));
  },
  answer(auth, cacheDuration) {
    const kind = "CredentialProviderResponse";
    return { kind, apiVersion: API_VERSION, cacheKeyType: "Image", cacheDuration, auth };
  },
  encode(response) {
    return JSON.stringify(response);
  },
};

async function main() {
  const watchdog = setTimeout(() => {
    console.error("provider: gave up");
    process.exit(1);
  }, 4000);
  try {
    const request = steps.parse(await steps.read(), "the request");
    steps.check(request);
    console.log(steps.encode(await steps.decide(request)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error(`provider: ${error.message}`);
    process.exitCode = 1;
  }
  clearTimeout(watchdog);
}

module.exports = { steps, main, Refused };
if (require.main === module) main();
