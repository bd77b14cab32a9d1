// A PostgreSQL with a data folder of its own, as `initdb` sets it up: nothing is tuned, nothing is made less safe.

import { chmod, chown, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { diskBytes } from "../meter.mjs";
import { freePort, output, start, until } from "../server.mjs";

const USER = "umami";

export async function postgresVersion() {
  return output(join(await binaries(), "postgres"), ["--version"]);
}

/** Starts one below the folder and makes an empty database. */
export async function startPostgres(folder) {
  const bin = await binaries();
  const data = join(folder, "postgres");
  const as = await whoMayRunIt();
  await mkdir(data, { recursive: true });
  if (as.uid !== undefined) {
    await chown(data, as.uid, as.gid);
    // It has to get there.
    await chmod(folder, 0o711);
  }
  await output(join(bin, "initdb"), ["-D", data, "-U", USER, "--auth=trust", "--encoding=UTF8"], {
    ...as,
    cwd: "/",
  });
  const port = await freePort();
  // Only where it listens is set; synchronous_commit is on by default, and said all the same.
  const settings = [
    "listen_addresses=127.0.0.1",
    `port=${port}`,
    "unix_socket_directories=",
    "synchronous_commit=on",
  ];
  const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  const process = start(join(bin, "postgres"), args, { ...as, cwd: "/" });
  const at = ["-h", "127.0.0.1", "-p", String(port), "-U", USER];
  const psql = (database, args) =>
    output(join(bin, "psql"), [...at, "-d", database, "-XqAt", "-v", "ON_ERROR_STOP=1", ...args]);
  await until(async () => (await psql("postgres", ["-c", "SELECT 1"])) === "1", {
    what: "PostgreSQL",
    process,
  });
  await psql("postgres", ["-c", `CREATE DATABASE ${USER}`]);
  return {
    pid: process.pid,
    url: `postgresql://${USER}@127.0.0.1:${port}/${USER}`,
    ask: (sql) => psql(USER, ["-c", sql]),
    run: (file) => psql(USER, ["-f", file]),
    async bytes() {
      await psql(USER, ["-c", "CHECKPOINT"]);
      const database = Number(await psql(USER, ["-c", `SELECT pg_database_size('${USER}')`]));
      return { data: database, log: await diskBytes(join(data, "pg_wal")) };
    },
    // "fast": ends what is connected
    stop: () => process.stop("SIGINT"),
  };
}

/** PostgreSQL does not run as root; its package makes a user for it. */
async function whoMayRunIt() {
  if (process.getuid() !== 0) return {};
  const id = async (kind) => Number(await output("id", [kind, "postgres"]));
  return { uid: await id("-u"), gid: await id("-g") };
}

/** Where `initdb` and the others are: `PG_BIN`, or where Debian puts the newest. */
async function binaries() {
  if (process.env.PG_BIN) return process.env.PG_BIN;
  const root = "/usr/lib/postgresql";
  const versions = await readdir(root).catch(() => []);
  if (versions.length === 0)
    throw new Error(
      "PostgreSQL is missing: `apt-get install postgresql`, or name its programs' folder with PG_BIN",
    );
  return join(root, versions.sort((a, b) => Number(b) - Number(a))[0], "bin");
}
