/**
 * An OpenID provider as a process of its own: `node openid-provider.mjs`. It prints its address. What
 * a test wants of it is posted to `/test`: the client that may log in, new keys, and how the next
 * answers are to be wrong.
 */

import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const PEOPLE = {
  ada: { preferred_username: "ada", email: "ada@shop.example", email_verified: true, groups: ["ops"] },
  bob: { preferred_username: "bob", email: "bob@shop.example", email_verified: true, groups: ["staff"] },
  eve: { preferred_username: "eve", email: "eve@shop.example", email_verified: true, groups: ["guests"] },
  // Another one by the name of an account that has a password.
  other: { preferred_username: "local", email: "l@shop.example", email_verified: true, groups: ["ops"] },
  server: { preferred_username: "server", groups: ["ops"] },
};

const HOUR = 3600;

let issuer = "";
let client = {};
let keys = newKeys();
let wrong = "";
let handle;

function newKeys() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { privateKey, id: `key-${Date.now()}` };
}

function provider() {
  const made = new Provider(issuer, {
    clients: [client],
    jwks: {
      keys: [{ ...keys.privateKey.export({ format: "jwk" }), kid: keys.id, use: "sig", alg: "RS256" }],
    },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["preferred_username"],
      groups: ["groups"],
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    pkce: { required: () => true },
    cookies: { keys: ["of the tests"] },
    ttl: { Session: HOUR, Interaction: HOUR, Grant: HOUR, AccessToken: HOUR, IdToken: HOUR },
  });
  made.use(async (context, next) => {
    await next();
    if (context.oidc?.route === "token" && context.body?.id_token) {
      context.body.id_token = tampered(context.body.id_token);
    }
    const location = context.response.get("location");
    if (location?.startsWith(client.redirect_uris[0])) {
      const url = new URL(location);
      if (wrong === "state") url.searchParams.set("state", "another");
      if (wrong === "issuer of the answer") url.searchParams.set("iss", "https://evil.example");
      if (wrong === "no issuer in the answer") url.searchParams.delete("iss");
      context.set("location", url.href);
    }
  });
  return made.callback();
}

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The token as somebody would have made it who is not to be believed. */
function tampered(token) {
  const [header, claims, signature] = token.split(".");
  const head = JSON.parse(Buffer.from(header, "base64url"));
  const body = JSON.parse(Buffer.from(claims, "base64url"));
  const changes = {
    nonce: { nonce: "of another login" },
    issuer: { iss: "https://evil.example" },
    audience: { aud: "another-client" },
    "several audiences": { aud: ["hindsight", "another-client"] },
    expired: { exp: body.iat - 2 * HOUR, iat: body.iat - 3 * HOUR },
    future: { iat: body.iat + HOUR, exp: body.exp + 2 * HOUR },
    "expiry as text": { exp: String(body.exp) },
  };
  const signed = (key, changedHead, changedBody) => {
    const text = `${encoded(changedHead)}.${encoded(changedBody)}`;
    return `${text}.${sign("RSA-SHA256", Buffer.from(text), key).toString("base64url")}`;
  };
  if (wrong in changes) return signed(keys.privateKey, head, { ...body, ...changes[wrong] });
  switch (wrong) {
    case "no signature":
      return `${encoded({ ...head, alg: "none" })}.${claims}.`;
    case "shared secret": {
      const text = `${encoded({ ...head, alg: "HS256" })}.${claims}`;
      return `${text}.${createHmac("sha256", client.client_secret).update(text).digest("base64url")}`;
    }
    case "foreign key":
      return signed(newKeys().privateKey, head, body);
    case "unknown key":
      return signed(keys.privateKey, { ...head, kid: "unknown" }, body);
    case "changed claims":
      return `${header}.${encoded({ ...body, sub: "ada" })}.${signature}`;
    default:
      return token;
  }
}

const server = createServer(async (request, response) => {
  if (request.url !== "/test") return handle(request, response);
  let text = "";
  for await (const piece of request) text += piece;
  const wanted = JSON.parse(text);
  wrong = wanted.wrong ?? "";
  if (wanted.client) client = wanted.client;
  if (wanted.rotate) keys = newKeys();
  if (wanted.client || wanted.rotate) handle = provider();
  response.end("done");
});

server.listen(0, "127.0.0.1", () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  console.log(`ready ${issuer}`);
});
